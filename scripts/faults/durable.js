'use strict';

const fs = require('node:fs');
const { dirname, join } = require('node:path');

/*
 * A model of what a power cut leaves of a folder on a journaling file system such as ext4. Syncing a file or folder writes its contents to
 * disk, and all names as they are at that moment; a file has the contents of its last sync, or none.
 */

/** Records that state in another folder, from within the process that will be killed: contents by inode, and a list of names. */
class Durable {
  constructor(folder, root, original, isFirst) {
    Object.assign(this, { folder, root, original });
    if (!isFirst) return;
    original.mkdirSync(join(folder, 'contents'), { recursive: true });
    // Files from before the process are on disk.
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

  /** A new file has no contents on disk, although a deleted file may have had its inode. */
  forget(descriptor) {
    this.original.rmSync(this.contents(this.original.fstatSync(descriptor).ino), { force: true });
  }

  synced(descriptor) {
    const { original, root } = this;
    const stat = original.fstatSync(descriptor);
    if (stat.isFile()) {
      // Read by name, as the descriptor may be open for writing only.
      const named = this.names().find(({ inode }) => inode === stat.ino);
      if (named !== undefined) original.copyFileSync(join(root, named.path), this.contents(stat.ino));
    }
    this.keepNames();
  }
}

/** Replaces a folder by what a power cut would have left of it. */
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
