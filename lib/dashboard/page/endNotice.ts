import { h } from './dom';

const asks = 'Tell me when it ends';
const waits = 'You will be told when it ends';

/** What a view says of a run or a search that may end while nobody looks. */
interface Ending {
  readonly isRunning: boolean;
  /** Told as the title and the text of the notification. */
  readonly title: string;
  readonly text: string;
}

/** A button that has the browser notify when a run or a search ends or fails, also while its page is hidden. It shows while that is running, where the browser has notifications. */
export class EndNotice {
  readonly element: HTMLButtonElement;
  /** Whether the page has to go on asking while it is hidden. */
  isWanted = false;

  constructor() {
    this.element = h('button', { type: 'button', class: 'tell', hidden: true, 'aria-pressed': 'false', onclick: () => void this.toggle() }, asks);
  }

  /** Takes how far it is; notifies at the end, once. */
  follow({ isRunning, title, text }: Ending): void {
    this.element.hidden = !isRunning || typeof Notification === 'undefined';
    if (isRunning || !this.isWanted) return;
    this.want(false);
    const notification = new Notification(title, { body: text, tag: title });
    notification.onclick = () => { window.focus(); };
  }

  /** Takes that nobody answers any more: the server of a training ends with it. */
  lose(name: string): void {
    this.follow({ isRunning: false, title: `${name}: its server has ended`, text: 'The training has ended too, if the server was its own.' });
  }

  private async toggle(): Promise<void> {
    if (this.isWanted) this.want(false);
    else if (await Notification.requestPermission() === 'granted') this.want(true);
    else this.element.textContent = `${asks} (the browser refuses notifications of this page)`;
  }

  private want(isWanted: boolean): void {
    this.isWanted = isWanted;
    this.element.textContent = isWanted ? waits : asks;
    this.element.setAttribute('aria-pressed', String(isWanted));
  }
}
