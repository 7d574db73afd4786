import type { EditAnswer, Entry, LabelChange } from '../../api';
import type { Labels } from '../../../runFolder/labels';
import { isNoAnswer, postJson } from '../client';
import { fill, h } from '../dom';
import { nameOf } from '../entry';

type Change = LabelChange['change'];

/** Changes labels, deletes and restores, says what became of it, and takes the last of it back. */
export class RunEdits {
  readonly element = h('div', { class: 'toast', role: 'status', hidden: true });

  /** @param changed is called when the server has done something. */
  constructor(private readonly changed: () => void) {}

  /** @param change what becomes of an entry's labels. */
  async label(entries: readonly Entry[], what: string, change: (labels: Labels) => Change): Promise<void> {
    const changes = entries.map(({ name, labels }) => ({ run: name, change: change(labels) }));
    const before = new Map(entries.map(({ name, labels }): [string, Labels] => [name, labels]));
    await this.ask('api/labels', { changes }, (names) => `${what}: ${countText(names, entries)}.`, ({ done }) => this.setBack(
      done.map(({ run }) => ({ run, change: Object.fromEntries(Object.keys(changes.find((one) => one.run === run)!.change).map((key) => [key, before.get(run)![key as keyof Labels] ?? null])) })),
    ));
  }

  async delete(entries: readonly Entry[]): Promise<void> {
    await this.ask('api/delete', { runs: entries.map(({ name }) => name) }, (names) => `Deleted: ${countText(names, entries)}.`, ({ done }) => this.restore(done.map(({ id }) => id!)));
  }

  async restore(ids: readonly string[]): Promise<void> {
    await this.ask('api/restore', { ids }, (names) => `Restored: ${names.join(', ')}.`);
  }

  private async setBack(changes: readonly LabelChange[]): Promise<void> {
    await this.ask('api/labels', { changes }, (names) => `Taken back for ${names.length === 1 ? names[0]! : `${String(names.length)} runs`}.`);
  }

  private async ask(path: string, body: object, said: (names: readonly string[]) => string, undo?: (answer: EditAnswer) => Promise<void>): Promise<void> {
    let answer: EditAnswer;
    try {
      answer = await postJson<EditAnswer>(path, body);
    } catch (error) {
      if (!isNoAnswer(error, 'refused') && !isNoAnswer(error, 'gone')) throw error;
      this.say([(error as Error).message]);
      return;
    }
    const { done, refused } = answer;
    this.say(
      [...(done.length === 0 ? [] : [said(done.map(({ run }) => run))]), ...refused.slice(0, 3).map(({ message }) => `${message}.`), ...(refused.length > 3 ? [`${String(refused.length - 3)} more are refused.`] : [])],
      done.length === 0 || undo === undefined ? undefined : () => undo(answer),
    );
    if (done.length > 0) this.changed();
  }

  private say(sentences: readonly string[], undo?: () => Promise<void>): void {
    this.element.hidden = false;
    fill(this.element, h('span', {}, sentences.join(' ')));
    const close = h('button', { type: 'button', 'aria-label': 'Close this message', onclick: () => {
      this.element.hidden = true;
    } }, '×');
    const back = undo && h('button', { type: 'button', class: 'undo', onclick: () => void undo() }, 'Undo');
    this.element.append(...(back === undefined ? [] : [back]), close);
  }
}

function countText(names: readonly string[], entries: readonly Entry[]): string {
  const only = names.length === 1 ? entries.find(({ name }) => name === names[0]) : undefined;
  return only === undefined ? `${String(names.length)} runs` : nameOf(only);
}
