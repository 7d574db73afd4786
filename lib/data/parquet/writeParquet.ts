// An ES module, which Node 20.17 cannot require: its code is imported where it is needed.
import type * as HyparquetWriter from 'hyparquet-writer' with { 'resolution-mode': 'import' };
import { StreamedFile } from '../../files';
import { peer } from '../peer';

/** A column without missing values. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: 'STRING' | 'DOUBLE';
}

/** Rows of a group: few enough to hold, many enough that readers skip and compress well. */
const groupRows = 50_000;

/**
 * A Parquet file that is written row by row, compressed with snappy, and appears when it is whole. A group of rows is in memory at a time. All methods throw ERR_IO.
 */
export class ParquetFile {
  private readonly out: StreamedFile;
  private readonly bytes: HyparquetWriter.ByteWriter;
  private readonly writer: HyparquetWriter.ParquetWriter;
  private cells: (string | number)[][];

  private constructor(module: typeof HyparquetWriter, path: string, private readonly columns: readonly ParquetColumn[]) {
    this.cells = columns.map(() => []);
    const columnData = columns.map(({ name, type }) => ({ name, type, data: [], nullable: false }));
    this.bytes = new module.ByteWriter();
    this.writer = new module.ParquetWriter({ writer: this.bytes, schema: module.schemaFromColumnData({ columnData }), createdBy: 'blastrain' });
    this.out = new StreamedFile(path);
  }

  /** Begins a file. Throws ERR_DATA where hyparquet-writer is not installed. */
  static async open(path: string, columns: readonly ParquetColumn[]): Promise<ParquetFile> {
    return new ParquetFile(await peer('hyparquet-writer', 'writes Parquet', path, () => import('hyparquet-writer')), path, columns);
  }

  /** Adds a row: a cell for each column. */
  write(row: readonly (string | number)[]): void {
    row.forEach((cell, j) => this.cells[j]!.push(cell));
    if (this.cells[0]!.length >= groupRows) this.writeGroup();
  }

  /** Writes what is left, and gives the file its name. */
  finish(): void {
    if (this.cells[0]!.length > 0) this.writeGroup();
    void this.writer.finish(); // of bytes in memory, which needs no waiting
    this.flush();
    this.out.finish();
  }

  /** Removes what was written, after an error. */
  abandon(): void {
    this.out.abandon();
  }

  private writeGroup(): void {
    const { columns, cells } = this;
    void this.writer.write({ columnData: columns.map(({ name, type }, j) => ({ name, type, data: cells[j]!, nullable: false })), rowGroupSize: groupRows });
    this.cells = columns.map(() => []);
    this.flush();
  }

  private flush(): void {
    this.out.write(this.bytes.getBytes());
    this.bytes.index = 0;
  }
}
