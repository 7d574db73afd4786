import { labelLimits } from '../../../runFolder/labelLimits';
import type { Entry } from '../../api';
import type { Field } from '../../query/fields';
import { groupings } from '../../query/groups';
import { parseSorting, sortingText } from '../../query/order';
import { getJson } from '../client';
import { fill, h } from '../dom';
import { nameOf } from '../entry';
import { isExported } from '../exported';
import type { View } from '../view';
import { choiceHash, compareHash } from './choice';
import type { SharedChoice } from './choice';
import { askText, chooseColumns, runMenu, trashDialog } from './dialogs';
import { RunEdits } from './edits';
import { QueryBox } from './queryBox';
import { Rows } from './rows';
import type { Shown } from './rows';
import type { RunsStore } from './store';
import { RunTable } from './table';

/** All runs as a table: filtered by a query, sorted, grouped, with the columns that one chooses. */
export class RunsView implements View {
  readonly element: HTMLElement;
  readonly title = 'Runs';
  readonly isWide = true;
  readonly keys: Readonly<Record<string, () => void>>;
  private readonly rows = new Rows();
  private readonly table: RunTable;
  private readonly query: QueryBox;
  private readonly group = h('select', { 'aria-label': 'Group by' });
  /** Where there are no heads of columns. */
  private readonly order = h('select', { 'aria-label': 'Sort by' });
  private readonly archived = h('input', { type: 'checkbox' });
  private readonly counts = h('span', { class: 'note counts', role: 'status' });
  private readonly selection = h('div', { class: 'row selection', hidden: true });
  private readonly edits: RunEdits;
  private readonly unlisten: () => void;
  private shown: Shown | undefined;
  private drawn: readonly Entry[] = [];

  constructor(private readonly store: RunsStore, private readonly choice: SharedChoice, changed: () => void) {
    this.edits = new RunEdits(changed);
    this.table = new RunTable({
      sort: (field, isAdded) => {
        this.sort(field, isAdded);
      },
      select: (entries, isSelected) => {
        choice.toggle('selected', entries.map(({ name }) => name), isSelected);
      },
      toggleGroup: (id) => {
        this.rows.toggle(id);
        this.draw();
      },
      menu: (entry) => {
        this.menu(entry);
      },
    });
    this.query = new QueryBox('Filter runs', 'lr < 0.01 && val > 50%   ( / )', () => ({ fields: store.fields, entries: store.list }), (query) => {
      choice.change({ query });
    });
    this.group.addEventListener('change', () => {
      choice.change({ group: this.group.value });
    });
    this.order.addEventListener('change', () => {
      choice.change({ sort: parseSorting(this.order.value) });
    });
    this.archived.addEventListener('change', () => {
      choice.change({ archived: this.archived.checked });
    });
    const button = (text: string, act: () => void): HTMLElement => h('button', { type: 'button', onclick: act }, text);
    this.element = h(
      'div', { class: 'runs-view' }, h('h1', { class: 'unseen' }, 'Runs'),
      h('div', { class: 'row' }, this.query.element, h('label', { class: 'narrow-only' }, 'sort by ', this.order), h('label', {}, 'group by ', this.group), button('Columns', () => {
        this.columns();
      }), h('label', {}, this.archived, ' archived'), !isExported && button('Deleted', () => void this.openTrash()), this.counts),
      h('button', { type: 'button', class: 'narrow-only', onclick: () => {
        this.selectAll();
      } }, 'Select all'),
      this.selection, this.table.element,
      h('p', { class: 'note keys-help' }, 'Keys: j k rows, Enter opens, x selects, a selects all, c compares, p pins, / filters. Shift-click sorts by one more column. Groups show means ± standard errors.'),
      this.edits.element,
    );
    this.keys = {
      '/': () => {
        this.query.focus();
      },
      j: () => {
        this.table.move(1);
      },
      k: () => {
        this.table.move(-1);
      },
      x: () => {
        this.onCurrent((entries) => {
          choice.toggle('selected', entries.map(({ name }) => name), !entries.every(({ name }) => choice.now.selected.has(name)));
        });
      },
      p: () => {
        this.onCurrent((entries) => {
          choice.toggle('pinned', entries.map(({ name }) => name), !entries.every(({ name }) => choice.now.pinned.has(name)));
        });
      },
      a: () => {
        this.selectAll();
      },
      c: () => {
        const names = this.selected.filter(({ kind }) => kind === 'run').map(({ name }) => name);
        if (names.length > 1) location.hash = compareHash(names, choice.now);
      },
    };
    this.unlisten = choice.listen(() => {
      history.replaceState(null, '', choiceHash(choice.now));
      this.draw();
    });
    this.draw();
  }

  async refresh(): Promise<boolean> {
    return Promise.resolve(false);
  }

  know(): void {
    if (this.store.list !== this.drawn) this.draw();
  }

  forget(): void {
    this.table.forget();
  }

  dispose(): void {
    this.unlisten();
  }

  private draw(): void {
    const { store, choice: { now } } = this;
    const { fields, list } = store;
    this.drawn = list;
    const shown = this.rows.of(list, now, fields);
    this.shown = shown;
    this.query.value = now.query;
    this.query.show(shown.error);
    this.archived.checked = now.archived;
    const keys = fields.differing(list);
    fill(this.group, h('option', { value: '' }, 'nothing'), ...Object.entries(groupings).map(([value, text]) => h('option', { value }, text)),
      ...[fields.find('state')!, fields.find('tag')!, fields.find('kind')!, ...keys].map(({ id }) => h('option', { value: id }, id)),
      now.group !== '' && !(now.group in groupings) && !['state', 'tag', 'kind'].includes(now.group) && !keys.some(({ id }) => id === now.group) && h('option', { value: now.group }, now.group));
    this.group.value = now.group;
    const sort = sortingText(now.sort);
    const orders = [['', 'last started'], ...[fields.find('name')!, ...shown.columns].flatMap(({ id, title }) => [[id, `${title} ↑`], [`-${id}`, `${title} ↓`]])] as const;
    fill(this.order, ...orders.map(([value, text]) => h('option', { value }, text)), !orders.some(([value]) => value === sort) && h('option', { value: sort }, sort));
    this.order.value = sort;
    fill(this.counts, !store.isKnown ? 'Loading …' : list.length === 0 ? 'No runs yet. They appear here as they start.' : `${String(shown.entries.length)} of ${String(list.length)}`,
      shown.archived > 0 && `, ${String(shown.archived)} archived`, shown.hidden > 0 && h('span', {}, `, ${String(shown.hidden)} hidden `, h('button', { type: 'button', class: 'plain link', onclick: () => {
        this.choice.change({ hidden: new Set() });
      } }, 'show them')));
    this.drawSelection();
    this.table.show(shown, now, fields);
  }

  /** Of all entries, shown or not. */
  private get selected(): readonly Entry[] {
    return [...this.choice.now.selected].flatMap((name) => this.store.entries.get(name) ?? []);
  }

  private drawSelection(): void {
    const { selected, choice } = this;
    const runs = selected.filter(({ kind }) => kind === 'run').map(({ name }) => name);
    this.selection.hidden = selected.length === 0;
    if (selected.length === 0) return;
    const button = (text: string, act: () => void, kind = ''): HTMLElement => h('button', { type: 'button', class: kind, 'data-name': text, onclick: act }, text);
    const names = selected.map(({ name }) => name);
    const isIn = (set: ReadonlySet<string>): boolean => names.every((name) => set.has(name));
    const picture = JSON.stringify([names, runs.length, isIn(choice.now.pinned), selected.every(({ labels }) => labels.archived === true), choiceHash(choice.now)]);
    if (this.selection.dataset['picture'] === picture) return;
    this.selection.dataset['picture'] = picture;
    const focused = this.selection.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset['name'] : undefined;
    const pinned = isIn(choice.now.pinned);
    const archived = selected.every(({ labels }) => labels.archived === true);
    this.selection.replaceChildren(
      h('span', {}, `${String(selected.length)} selected`),
      ...(runs.length > 1 ? [h('a', { class: 'button primary', href: compareHash(runs, choice.now) }, `Compare ${String(runs.length)}`)] : []),
      button(pinned ? 'Unpin' : 'Pin', () => {
        choice.toggle('pinned', names, !pinned);
      }),
      button('Hide', () => {
        choice.change({ hidden: new Set([...choice.now.hidden, ...names]), selected: new Set() });
      }),
      ...(isExported ? [] : [
        button('Add a tag', () => {
          this.addTag(this.selected);
        }),
        button('Remove a tag', () => {
          this.removeTag(this.selected);
        }),
        button(archived ? 'Unarchive' : 'Archive', () => void this.archive(this.selected, !archived)),
        button('Delete', () => void this.delete(this.selected), 'stop'),
      ]),
      button('Select none', () => {
        choice.change({ selected: new Set() });
      }),
    );
    if (focused !== undefined) this.selection.querySelector<HTMLElement>(`[data-name="${CSS.escape(focused)}"]`)?.focus();
  }

  private sort(field: Field, isAdded: boolean): void {
    const { sort } = this.choice.now;
    const before = sort.find((one) => this.store.fields.find(one.field) === field);
    // Scores and times are looked at from their upper end.
    const isDownFirst = field.unit === 'score' || field.unit === 'share' || field.unit === 'time';
    const next = before === undefined ? [{ field: field.id, down: isDownFirst }] : before.down === isDownFirst ? [{ field: field.id, down: !isDownFirst }] : [];
    const others = isAdded ? sort.filter((one) => one !== before) : [];
    this.choice.change({ sort: [...others, ...next] });
  }

  /** Selects all that is shown, or nothing where all is selected. */
  private selectAll(): void {
    const all = this.shown?.entries ?? [];
    this.choice.toggle('selected', all.map(({ name }) => name), !all.every(({ name }) => this.choice.now.selected.has(name)));
  }

  private onCurrent(act: (entries: readonly Entry[]) => void): void {
    const row = this.table.currentRow;
    if (row !== undefined) act(row.kind === 'entry' ? [row.entry] : row.group.entries);
  }

  private menu(entry: Entry): void {
    const { choice } = this;
    const { name, labels } = entry;
    runMenu(entry, {
      isPinned: choice.now.pinned.has(name),
      colour: choice.now.colours.get(name),
      paint: (colour) => {
        const colours = new Map(choice.now.colours);
        if (colour === undefined) colours.delete(name);
        else colours.set(name, colour);
        choice.change({ colours });
      },
      choose: (action) => {
        if (action === 'pin') choice.toggle('pinned', [name], !choice.now.pinned.has(name));
        else if (action === 'hide') choice.toggle('hidden', [name], true);
        else if (action === 'archive') void this.archive([entry], labels.archived !== true);
        else if (action === 'delete') void this.delete([entry]);
        else if (action === 'rename') {
          askText(`Rename ${nameOf(entry)}`, 'title; its folder keeps its name', labels.title ?? name, { maxLength: labelLimits.title }, (title) => void this.edits.label([entry], 'Renamed', () => ({ title: title === '' || title === name ? null : title })));
        } else if (action === 'note') {
          askText(`Note on ${nameOf(entry)}`, 'note', labels.note ?? '', { maxLength: labelLimits.note, isLong: true }, (note) => void this.edits.label([entry], 'Noted', () => ({ note: note === '' ? null : note })));
        } else {
          askText(`Tags of ${nameOf(entry)}`, 'tags, with commas between them', (labels.tags ?? []).join(', '), { maxLength: labelLimits.tag * labelLimits.tags }, (tags) => void this.edits.label([entry], 'Tagged', () => ({ tags: split(tags) })));
        }
      },
    });
  }

  private addTag(entries: readonly Entry[]): void {
    const choices = [...new Set(this.store.list.flatMap(({ labels: { tags = [] } }) => tags))].sort();
    askText('Add a tag', 'tag', '', { maxLength: labelLimits.tag, choices }, (tag) => {
      if (tag !== '') void this.edits.label(entries, 'Tagged', ({ tags = [] }) => ({ tags: [...new Set([...tags, ...split(tag)])] }));
    });
  }

  private removeTag(entries: readonly Entry[]): void {
    const choices = [...new Set(entries.flatMap(({ labels: { tags = [] } }) => tags))].sort();
    askText('Remove a tag', choices.length === 0 ? 'they have no tags' : `one of ${choices.join(', ')}`, choices[0] ?? '', { maxLength: labelLimits.tag, choices }, (tag) => {
      const tagged = entries.filter(({ labels: { tags = [] } }) => tags.includes(tag));
      if (tagged.length > 0) void this.edits.label(tagged, 'Untagged', ({ tags = [] }) => ({ tags: tags.filter((one) => one !== tag) }));
    });
  }

  private archive(entries: readonly Entry[], isArchived: boolean): Promise<void> {
    return this.edits.label(entries, isArchived ? 'Archived' : 'Unarchived', () => ({ archived: isArchived ? true : null }));
  }

  private async delete(entries: readonly Entry[]): Promise<void> {
    await this.edits.delete(entries);
    this.choice.toggle('selected', entries.map(({ name }) => name), false);
  }

  private columns(): void {
    chooseColumns(this.store.fields.all, this.shown?.columns ?? [], (columns) => {
      this.choice.change({ columns });
    });
  }

  private async openTrash(): Promise<void> {
    trashDialog(await getJson('api/trash'), (id) => void this.edits.restore([id]));
  }
}

function split(tags: string): string[] {
  return [...new Set(tags.split(',').map((tag) => tag.trim()).filter((tag) => tag !== ''))];
}
