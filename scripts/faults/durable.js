'use strict';

const fs = require('node:fs');
const { dirname, join } = require('node:path');

/*
 * What a power cut leaves of a folder on a journaling file system such as ext4: when a file or folder is synced, its contents are on
 * the disk, and so are all names as they are at that moment; the contents of files that were not synced are as of the last time that they
 * were, or nothing.
 */

/** Keeps that state in a folder beside, in the process that is going to be killed: contents by inode, and a list of names. */
class Durable {
  constructor(folder, root, original, isFirst) {
    Object.assign(this, { folder, root, original });
    if (!isFirst) return;
    original.mkdirSync(join(folder, 'contents'), { recursive: true });
    // What was there before the process is on the disk.
    for (const { path, inode, isFolder } of this.names()) if (!isFolder) original.copyFileSync(join(root, path), this.contents(inode));
    this.keepNames();
  }

  contents(inode) {
    return join(this.folder, 'contents', String(inode));
  }

  names() {
    const { original, root } = this;
    return original.readdirSync(root, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
      const stat = original.lstatSync(join(root, path), { throwIfNoEntry: false });
      return stat === undefined ? [] : [{ path, inode: stat.ino, isFolder: stat.isDirectory() }];
    });
  }

  keepNames() {
    const { original, folder } = this;
    const draft = join(folder, `names-${process.pid}-${require('node:worker_threads').threadId}`);
    original.writeFileSync(draft, JSON.stringify(this.names()));
    original.renameSync(draft, join(folder, 'names'));
  }

  /** A new file begins with no contents, although another may have had its inode. */
  forget(descriptor) {
    this.original.rmSync(this.contents(this.original.fstatSync(descriptor).ino), { force: true });
  }

  synced(descriptor) {
    const { original, root } = this;
    const stat = original.fstatSync(descriptor);
    if (stat.isFile()) {
      // A descriptor may be open for writing alone: the file is read under its name.
      const named = this.names().find(({ inode }) => inode === stat.ino);
      if (named !== undefined) original.copyFileSync(join(root, named.path), this.contents(stat.ino));
    }
    this.keepNames();
  }
}

/** Makes a folder what a power cut would have left of it. */
function cutPower(durable, root) {
  fs.rmSync(root, { recursive: true, force: true });
  fs.mkdirSync(root);
  for (const { path, inode, isFolder } of JSON.parse(fs.readFileSync(join(durable, 'names'), 'utf8'))) {
    const place = join(root, path);
    const contents = join(durable, 'contents', String(inode));
    if (isFolder) fs.mkdirSync(place, { recursive: true });
    else {
      fs.mkdirSync(dirname(place), { recursive: true });
      if (fs.existsSync(contents)) fs.copyFileSync(contents, place);
      else fs.writeFileSync(place, '');
    }
  }
  fs.rmSync(durable, { recursive: true });
}

module.exports = { Durable, cutPower };
