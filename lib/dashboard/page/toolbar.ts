import { writeSettings } from './address';
import { zoomButtons } from './plots/zoom';
import type { ZoomGroup } from './plots/zoom';
import { xAxes } from './plots/xAxis';
import type { XAxis } from './plots/xAxis';
import type { CurveSettings } from './plots/curves';
import { h } from './dom';

/** Controls of the curves, whose settings stand in the address; `redraw` is called when one was used. @param own further ones, which settle their setting themselves. */
export function toolbar(settings: CurveSettings, group: ZoomGroup, redraw: () => void, ...own: (readonly [control: HTMLElement, element: HTMLElement])[]): HTMLElement {
  const change = (): void => {
    writeSettings(settings);
    redraw();
  };
  const smoothing = h('input', { type: 'range', min: 0, max: 0.3, step: 0.01, value: settings.smoothing });
  smoothing.addEventListener('input', () => {
    settings.smoothing = smoothing.valueAsNumber;
    change();
  });
  const log = h('input', { type: 'checkbox', class: 'log', checked: settings.log });
  log.addEventListener('change', () => {
    settings.log = log.checked;
    change();
  });
  const x = h('select', {}, ...Object.entries(xAxes).map(([axis, { choice }]) => h('option', { value: axis, selected: axis === settings.x }, choice)));
  x.addEventListener('change', () => {
    settings.x = x.value as XAxis;
    group.range = null;
    group.axis = settings.x;
    change();
  });
  group.axis = settings.x;
  const outliers = h('input', { type: 'checkbox', class: 'outliers', checked: settings.outliers });
  outliers.addEventListener('change', () => {
    settings.outliers = outliers.checked;
    change();
  });
  for (const [control] of own) control.addEventListener('change', change);
  return h(
    'div', { class: 'toolbar' }, h('label', {}, 'smoothing ', smoothing), h('label', {}, log, ' log scale'), h('label', {}, outliers, ' ignore outliers'), h('label', {}, 'over ', x),
    ...own.map(([, element]) => element), zoomButtons(group),
  );
}
