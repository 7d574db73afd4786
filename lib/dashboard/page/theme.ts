import { darkPalette, palette } from '../../report/drawing/palette';
import { h } from './dom';

const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];
const stored = 'blastrain-theme';

// The colours of series are those of reports' pictures.
palette.forEach((light, i) => {
  document.documentElement.style.setProperty(`--series${String(i)}`, `light-dark(${light}, ${darkPalette[i]!})`);
});

/** A button that cycles through the themes; `change` is called after the colours have changed. */
export function themeButton(change: () => void): HTMLElement {
  let theme = themes.find((name) => name === localStorage.getItem(stored)) ?? 'system';
  const button = h('button', { type: 'button', class: 'theme' });
  const apply = (): void => {
    const label: Readonly<Record<Theme, string>> = { system: '◐ system', light: '☀ light', dark: '☾ dark' };
    button.textContent = label[theme];
    button.setAttribute('aria-label', `Colours: ${theme}`);
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  };
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length]!;
    localStorage.setItem(stored, theme);
    apply();
    change();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', change);
  apply();
  return button;
}
