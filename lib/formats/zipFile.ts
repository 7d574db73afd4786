import { crc32 } from 'node:zlib';

/** The bytes of a zip archive with these files, stored as they are (PKWARE's APPNOTE 6.3). Together they have to be smaller than 4 GB. */
export function zipFile(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const [parts, directory]: [Uint8Array[], Uint8Array[]] = [[], []];
  let position = 0;
  for (const [name, contents] of Object.entries(files)) {
    const label = Buffer.from(name);
    // Version 2.0, names in UTF-8, stored, 1 January 1980.
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x800, 2);
    facts.writeUInt16LE(0x21, 8);
    facts.writeUInt32LE(crc32(contents), 10);
    facts.writeUInt32LE(contents.length, 14);
    facts.writeUInt32LE(contents.length, 18);
    facts.writeUInt16LE(label.length, 22);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(20, 4);
    facts.copy(central, 6);
    central.writeUInt32LE(position, 42);
    directory.push(central, label);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), facts, label, contents);
    position += 30 + label.length + contents.length;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length / 2, 8);
  end.writeUInt16LE(directory.length / 2, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(position, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
