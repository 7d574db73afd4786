import { join } from 'node:path';
import { replaceFile } from '../../files';
import { curvesSvg } from './curves';
import type { SearchFigureData } from './figureData';
import { parallelSvg } from './parallel';
import { parametersSvg } from './parameters';

/** Draws parallel.svg, parameters.svg and curves.svg into the folder of a search; returns the paths. Throws ERR_IO. */
export function writeSearchFigures(folder: string, data: SearchFigureData): string[] {
  const figures = { 'parallel.svg': parallelSvg(data), 'parameters.svg': parametersSvg(data), 'curves.svg': curvesSvg(data) };
  return Object.entries(figures).map(([name, svg]) => {
    const path = join(folder, name);
    replaceFile(path, svg);
    return path;
  });
}
