import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { anyOf } from '../../fields';
import { partNamed } from '../divide';
import { badFile, readingFile } from '../files';

/** How the names of pictures end. */
const endings: readonly string[] = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.gif', '.avif'];

/** Endings of files that are no pictures which a sentence names. */
const maxNamed = 3;

/** The pictures of a folder, class by class. */
export interface PictureList {
  /** The names of the class folders, in the order of their code points, as Python sorts them. */
  readonly classNames: readonly string[];
  /** [pictures], paths below the folder. */
  readonly files: readonly string[];
  /** [pictures], the class of each. */
  readonly labels: Int32Array;
  /** [pictures], the place of each one's part in `splitNames`, where folders say it. */
  readonly parts: Uint8Array | undefined;
  /** What was left out, in phrases. */
  readonly notes: readonly string[];
}

/**
 * Finds the pictures in FOLDER/CLASS/…, or in FOLDER/PART/CLASS/… where all folders are named for parts (train, val, test, …), without
 * reading them. Classes and their order are those of torchvision's ImageFolder: nested folders belong to the class, links are followed, and
 * each class has its pictures by folder and name. Hidden files and folders, files of other kinds and links to a folder that they are in are
 * left out. Throws ERR_DATA, naming it, for a folder that is not there, without class folders, with a class without (training) pictures
 * and with a single class.
 *
 * @param whole that parts are taken together, and that any number of classes will do.
 */
export function listPictures(folder: string, whole: boolean): PictureList {
  const top = contentsOf(folder);
  if (top.folders.length === 0) {
    const pictures = top.files.filter(isPicture).length;
    throw badFile('a folder for each class, with its pictures,', folder, pictures > 0 ? `${String(pictures)} pictures in no folder` : 'no folders in it');
  }
  const partFolders = partsIn(folder, top.folders);
  const others = top.files.filter((file) => !isPicture(file));
  const found: Found[] = [];
  for (const { path, part } of partFolders ?? [{ path: '', part: 0 }]) {
    for (const className of contentsOf(join(folder, path)).folders) {
      found.push({ className, part, files: filesBelow(folder, join(path, className), others) });
    }
  }
  const classNames = [...new Set(found.map(({ className }) => className))].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const classes = classNames.map((className) => found.filter((one) => one.className === className));
  if (!whole) refuseFewClasses(folder, classes, partFolders?.find(({ part }) => part === 0)?.path);
  const all = classes.flatMap((some, label) => some.flatMap(({ files, part }) => files.map((file) => ({ file, label, part }))));
  if (all.length === 0) throw badFile(`pictures (${anyOf(endings)})`, folder, 'none');
  return {
    classNames, files: all.map(({ file }) => file), labels: Int32Array.from(all, ({ label }) => label),
    parts: partFolders === undefined || whole ? undefined : Uint8Array.from(all, ({ part }) => part),
    notes: others.length === 0 ? [] : [`${String(others.length)} file${others.length === 1 ? '' : 's'} of other kinds left out (${kindsOf(others)})`],
  };
}

/** The pictures of a class in a part. */
interface Found {
  readonly className: string;
  readonly part: number;
  readonly files: readonly string[];
}

const isPicture = (file: string): boolean => endings.includes(extname(file).toLowerCase());

/** The folders of parts, where they are some: all folders are named for parts and have folders in them. Throws ERR_DATA for others beside them. */
function partsIn(folder: string, folders: readonly string[]): readonly { path: string; part: number }[] | undefined {
  const named = folders.map((path) => ({ path, part: contentsOf(join(folder, path)).folders.length === 0 ? -1 : partNamed(path) }));
  const parts = new Set(named.map(({ part }) => part));
  if (!parts.has(0)) return undefined;
  if (!parts.has(-1)) return named;
  if (parts.size === 2) return undefined; // classes one of which is called train
  const strangers = named.filter(({ part }) => part < 0).map(({ path }) => path);
  throw badFile('either a folder for each class, or folders of parts alone with one for each class in them,', folder, `${anyOf(strangers.slice(0, maxNamed), 'and')} beside train`);
}

function refuseFewClasses(folder: string, classes: readonly (readonly Found[])[], train: string | undefined): void {
  for (const some of classes) {
    const { className } = some[0]!;
    if (some.some(({ part, files }) => part === 0 && files.length > 0)) continue;
    throw badFile(`pictures (${anyOf(endings)})`, join(folder, train ?? '', className), 'none');
  }
  if (classes.length < 2) throw badFile('folders of two classes or more', folder, `one, ${classes[0]![0]!.className}`);
}

interface Contents {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** The folders and files in a folder that are not hidden, sorted; links count as what they lead to, and those that lead nowhere as files. */
function contentsOf(folder: string): Contents {
  const entries = readingFile(folder, () => readdirSync(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  const isFolder = entries.map((entry) => entry.isDirectory() || (entry.isSymbolicLink() && leadsToFolder(join(folder, entry.name))));
  const named = (wanted: boolean): string[] => entries.filter((_, i) => isFolder[i] === wanted).map(({ name }) => name).sort();
  return { folders: named(true), files: named(false) };
}

function leadsToFolder(link: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch {
    return false;
  }
}

/** Pictures below a folder, by folder and name; adds files of other kinds to `others`. */
function filesBelow(root: string, folder: string, others: string[]): string[] {
  const found: { readonly folder: string; readonly files: readonly string[] }[] = [];
  const visit = (path: string, above: readonly string[]): void => {
    const real = readingFile(join(root, path), () => realpathSync(join(root, path)));
    if (above.includes(real)) return; // a link to a folder that it is in
    const { folders, files } = contentsOf(join(root, path));
    others.push(...files.filter((file) => !isPicture(file)));
    found.push({ folder: path, files: files.filter(isPicture).map((file) => join(path, file)) });
    for (const name of folders) visit(join(path, name), [...above, real]);
  };
  visit(folder, [root, dirname(join(root, folder))].map((above) => realpathSync(above)));
  return found.sort((a, b) => (a.folder < b.folder ? -1 : 1)).flatMap(({ files }) => files);
}

function kindsOf(files: readonly string[]): string {
  const kinds = [...new Set(files.map((file) => (extname(file) === '' ? 'without an ending' : extname(file).toLowerCase())))];
  return kinds.length > maxNamed ? `${kinds.slice(0, maxNamed).join(', ')}, …` : kinds.join(', ');
}
