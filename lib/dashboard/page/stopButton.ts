import { stopRun } from './client';
import { h } from './dom';

/** A button, hidden at first, that asks for the end of a run or a search; a refusal is told on it. */
export function stopButton(name: string, what: 'run' | 'search'): HTMLButtonElement {
  const label = `Stop this ${what}`;
  const ask = async (): Promise<void> => {
    button.disabled = true;
    button.textContent = 'Stopping …';
    try {
      await stopRun(name);
    } catch (error) {
      button.disabled = false;
      button.textContent = `${label} (${(error as Error).message})`;
    }
  };
  const button = h('button', { type: 'button', class: 'stop', hidden: true, onclick: () => void ask() }, label);
  return button;
}
