import type { Entry } from '../../api';
import { completions } from '../../query/complete';
import type { Completions } from '../../query/complete';
import type { Fields } from '../../query/fields';
import type { QueryError } from '../../query/query';
import { fill, h } from '../dom';

/** Milliseconds after the last key until the query is asked. */
const pause = 150;

let boxes = 0;

/** Where a query is typed, with what may be typed next, and with what is wrong with it. */
export class QueryBox {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly options = h('ul', { role: 'listbox', class: 'options', hidden: true, 'aria-label': 'Completions' });
  private readonly trouble = h('p', { class: 'trouble', role: 'alert', hidden: true });
  private readonly id = `query${String(boxes++)}`;
  private offered: Completions | undefined;
  private chosen = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param known what can be asked for at present. */
  constructor(label: string, placeholder: string, private readonly known: () => { readonly fields: Fields; readonly entries: readonly Entry[] }, private readonly ask: (query: string) => void) {
    this.input = h('input', {
      type: 'search', class: 'filter', placeholder, 'aria-label': label, role: 'combobox', 'aria-expanded': 'false', 'aria-autocomplete': 'list', 'aria-controls': `${this.id}-list`,
      'aria-describedby': `${this.id}-trouble`, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false',
    });
    this.options.id = `${this.id}-list`;
    this.trouble.id = `${this.id}-trouble`;
    this.input.addEventListener('input', () => {
      this.offer();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        ask(this.input.value);
      }, pause);
    });
    this.input.addEventListener('keydown', (event) => {
      this.key(event);
    });
    this.input.addEventListener('blur', () => {
      this.close();
    });
    this.element = h('div', { class: 'query' }, this.input, this.options, this.trouble);
  }

  set value(query: string) {
    if (document.activeElement !== this.input && this.input.value !== query) this.input.value = query;
  }

  focus(): void {
    this.input.focus();
  }

  /** Shows what is wrong and marks its place; null where nothing is. */
  show(error: QueryError | null): void {
    this.trouble.hidden = error === null;
    this.input.setAttribute('aria-invalid', String(error !== null));
    if (error === null) {
      fill(this.trouble);
      return;
    }
    const { value } = this.input;
    const place = value.slice(error.at, error.at + error.length);
    fill(this.trouble, h('code', {}, value.slice(0, error.at), h('mark', {}, place === '' ? '␣' : place), value.slice(error.at + error.length)), ` ${error.message}`);
  }

  private offer(): void {
    const { fields, entries } = this.known();
    this.offered = completions(this.input.value, this.input.selectionStart ?? this.input.value.length, fields, entries);
    this.chosen = -1;
    fill(this.options, ...this.offered.options.map(({ text, hint }, i) => {
      const option = h('li', { role: 'option', id: `${this.id}-${String(i)}`, 'aria-selected': 'false' }, h('bdi', {}, text), h('span', { class: 'note' }, hint));
      option.addEventListener('mousedown', (event) => {
        event.preventDefault(); // the focus stays
        this.take(i);
      });
      return option;
    }));
    // What was equal keeps the listeners that it had.
    this.options.hidden = this.offered.options.length === 0;
    this.input.setAttribute('aria-expanded', String(!this.options.hidden));
    this.input.removeAttribute('aria-activedescendant');
  }

  private key(event: KeyboardEvent): void {
    const isOpen = !this.options.hidden;
    const count = this.offered?.options.length ?? 0;
    if (event.key === 'ArrowDown' && !isOpen) this.offer();
    else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && isOpen) this.choose((this.chosen + (event.key === 'ArrowDown' ? 1 : this.chosen < 0 ? 0 : -1) + count) % count);
    else if ((event.key === 'Enter' || event.key === 'Tab') && isOpen && this.chosen >= 0) this.take(this.chosen);
    else if (event.key === 'Escape' && isOpen) this.close();
    else if (event.key === 'Enter') {
      this.close();
      clearTimeout(this.timer);
      this.ask(this.input.value);
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private choose(at: number): void {
    this.chosen = at;
    [...this.options.children].forEach((option, i) => {
      option.setAttribute('aria-selected', String(i === at));
    });
    this.input.setAttribute('aria-activedescendant', `${this.id}-${String(at)}`);
    this.options.children[at]?.scrollIntoView({ block: 'nearest' });
  }

  private take(at: number): void {
    const { from, to, options } = this.offered!;
    const { value } = this.input;
    const text = `${options[at]!.text} `;
    this.input.value = value.slice(0, from) + text + value.slice(to).trimStart();
    this.input.setSelectionRange(from + text.length, from + text.length);
    this.input.dispatchEvent(new Event('input'));
  }

  private close(): void {
    this.options.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
  }
}
