import { zoomButtons } from './plots/zoom';
import type { ZoomGroup } from './plots/zoom';
import type { CurveSettings } from './plots/curves';
import { h } from './dom';

/** Controls of the curves; `change` is called when one was used. */
export function toolbar(settings: CurveSettings, group: ZoomGroup, change: () => void): HTMLElement {
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
  const x = h('select', {}, ...(['step', 'epoch'] as const).map((unit) => h('option', { value: unit, selected: unit === settings.x }, `${unit}s`)));
  x.addEventListener('change', () => {
    settings.x = x.value as CurveSettings['x'];
    group.range = null;
    group.unit = settings.x;
    change();
  });
  group.unit = settings.x;
  return h('div', { class: 'toolbar' }, h('label', {}, 'smoothing ', smoothing), h('label', {}, log, ' log scale'), h('label', {}, 'over ', x), zoomButtons(group));
}
