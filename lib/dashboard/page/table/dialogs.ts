import type { Entry } from '../../api';
import { fill, h } from '../dom';
import { nameOf } from '../entry';
import { isExported } from '../exported';

/** A dialog in front of the page; it is closed by Escape, and the focus goes back to where it was. */
function open(title: string, ...children: Node[]): HTMLDialogElement {
  const dialog = h('dialog', { 'aria-label': title }, h('h2', {}, title), ...children);
  document.body.append(dialog);
  dialog.addEventListener('close', () => {
    dialog.remove();
  });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.showModal();
  return dialog;
}

function buttons(dialog: () => HTMLDialogElement, save: string): HTMLElement {
  return h('div', { class: 'row' }, h('button', { type: 'submit', class: 'primary' }, save), h('button', { type: 'button', onclick: () => {
    dialog().close();
  } }, 'Cancel'));
}

/** Asks for a text; `save` gets it without space around it. */
export function askText(title: string, label: string, value: string, limits: { readonly maxLength: number; readonly isLong?: boolean; readonly choices?: readonly string[] }, save: (text: string) => void): void {
  const field = limits.isLong === true ? h('textarea', { rows: 8, maxlength: limits.maxLength }) : h('input', { type: 'text', maxlength: limits.maxLength, list: limits.choices === undefined ? undefined : 'choices', autocomplete: 'off' });
  field.value = value;
  const form = h('form', { method: 'dialog' }, h('label', { class: 'field' }, label, field),
    limits.choices !== undefined && h('datalist', { id: 'choices' }, ...limits.choices.map((choice) => h('option', { value: choice }))), buttons(() => dialog, 'Save'));
  form.addEventListener('submit', () => {
    save(field.value.trim());
  });
  const dialog = open(title, form);
  field.focus();
}

/** What can be done with one run. */
export interface RunMenu {
  readonly isPinned: boolean;
  readonly colour: number | undefined;
  readonly choose: (action: 'pin' | 'hide' | 'rename' | 'tags' | 'note' | 'archive' | 'delete') => void;
  readonly paint: (colour: number | undefined) => void;
}

export function runMenu(entry: Entry, { isPinned, colour, choose, paint }: RunMenu): void {
  const { labels: { archived, note }, badLabels } = entry;
  const act = (text: string, action: Parameters<RunMenu['choose']>[0], kind = ''): HTMLElement => h('button', { type: 'button', class: kind, onclick: () => {
    dialog.close();
    choose(action);
  } }, text);
  const swatch = (series: number | undefined, label: string): HTMLElement => {
    const button = h('button', { type: 'button', class: 'swatch', 'aria-label': label, 'aria-pressed': String(series === colour), title: label, onclick: () => {
      dialog.close();
      paint(series);
    } }, series === undefined ? '∅' : '');
    if (series !== undefined) button.style.backgroundColor = `var(--series${String(series)})`;
    return button;
  };
  const dialog: HTMLDialogElement = open(
    nameOf(entry),
    h('p', { class: 'note' }, entry.name, note === undefined ? null : `: ${note}`), ...(badLabels === undefined ? [] : [h('p', { class: 'warning' }, badLabels)]),
    h('div', { class: 'row' }, act(isPinned ? 'Unpin' : 'Pin to the top', 'pin'), act('Hide', 'hide'),
      ...(isExported ? [] : [act('Rename', 'rename'), act('Tags', 'tags'), act('Note', 'note'), act(archived === true ? 'Unarchive' : 'Archive', 'archive'), act('Delete', 'delete', 'stop')])),
    h('div', { class: 'row swatches', role: 'group', 'aria-label': 'Colour in comparisons' }, 'colour ', ...[0, 1, 2, 3, 4, 5, 6, 7].map((series) => swatch(series, `Colour ${String(series + 1)}`)), swatch(undefined, 'Colour by place')),
  );
}

interface Named {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
}

/** Chooses columns and their order. @param chosen null for what fits the runs. */
export function chooseColumns(all: readonly Named[], shown: readonly Named[], save: (columns: readonly string[] | null) => void): void {
  let chosen = shown.map(({ id }) => id);
  const filter = h('input', { type: 'search', placeholder: 'find a column', 'aria-label': 'Find a column' });
  const list = h('ul', { class: 'choices' });
  const draw = (): void => {
    const wanted = filter.value.trim().toLowerCase();
    const rest = all.filter(({ id }) => !chosen.includes(id) && id !== 'name');
    const ordered = [...chosen.flatMap((id) => all.find((one) => one.id === id) ?? []), ...rest].filter(({ id, title }) => `${id} ${title}`.toLowerCase().includes(wanted));
    fill(list);
    list.append(...ordered.map(({ id, title, kind }) => {
      const at = chosen.indexOf(id);
      const box = h('input', { type: 'checkbox', checked: at >= 0 });
      box.addEventListener('change', () => {
        chosen = box.checked ? [...chosen, id] : chosen.filter((one) => one !== id);
        save(chosen);
        draw();
        list.querySelector<HTMLElement>(`[data-name="${CSS.escape(id)}"] input`)?.focus();
      });
      const move = (by: number, mark: string, label: string): HTMLElement => h('button', { type: 'button', class: 'plain', 'aria-label': `${label} ${id}`, disabled: at + by < 0 || at + by >= chosen.length, onclick: () => {
        const next = chosen.filter((one) => one !== id);
        next.splice(at + by, 0, id);
        chosen = next;
        save(chosen);
        draw();
      } }, mark);
      return h('li', { 'data-name': id }, h('label', {}, box, ` ${id}`, title === id ? null : h('span', { class: 'note' }, ` ${title}`), kind === 'key' && h('span', { class: 'note' }, ' key')), at >= 0 && h('span', {}, move(-1, '↑', 'Earlier'), move(1, '↓', 'Later')));
    }));
  };
  filter.addEventListener('input', draw);
  draw();
  const dialog: HTMLDialogElement = open('Columns', filter, list, h('div', { class: 'row' }, h('button', { type: 'button', class: 'primary', onclick: () => {
    dialog.close();
  } }, 'Done'), h('button', { type: 'button', onclick: () => {
    save(null);
    dialog.close();
  } }, 'What fits the runs')));
}

/** What is in the trash, to be restored. */
export function trashDialog(deleted: readonly { readonly id: string; readonly name: string; readonly deletedAt: string }[], restore: (id: string) => void): void {
  const dialog: HTMLDialogElement = open('Deleted runs', h('p', { class: 'note' }, 'They lie in the folder .trash beside the runs until somebody removes it.'), deleted.length === 0 ? h('p', {}, 'There are none.') : h('ul', { class: 'choices' }, ...deleted.map(({ id, name, deletedAt }) =>
    h('li', {}, h('span', {}, h('bdi', {}, name), h('span', { class: 'note' }, ` ${new Date(deletedAt).toLocaleString()}`)), h('button', { type: 'button', 'aria-label': `Restore ${name}`, onclick: () => {
      dialog.close();
      restore(id);
    } }, 'Restore')))), h('div', { class: 'row' }, h('button', { type: 'button', onclick: () => {
    dialog.close();
  } }, 'Close')));
}
