import { badFile } from './files';

/**
 * Imports a package that is installed only where it is wanted. Throws ERR_DATA, naming it, where it is not, or cannot be loaded.
 *
 * @param does what the package is for, as in «the package sharp, which reads pictures,».
 */
export async function peer<Module>(name: string, does: string, file: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    const isThere = (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') || !message.includes(name);
    const received = isThere ? `one that does not load: ${message.split('\n')[0]!}` : `none (npm install ${name} adds it)`;
    throw badFile(`the package ${name}, which ${does},`, file, received);
  }
}
