"""Writes the Parquet and Arrow files of __tests__/data/typedTables.test.ts: pip install pyarrow, then run it in the folder tables beside it."""
import datetime as dt
import decimal

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

utc = dt.timezone.utc
days = [dt.date(2020, 1, 1 + i) for i in range(6)]
times = [dt.datetime(2020, 1, 1, 6 * i % 24, i, 1, 500000, tzinfo=utc) for i in range(6)]
table = pa.table({
    'int': pa.array([1, -2, None, 4, 5, 6], pa.int32()),
    'long': pa.array([1, 2, 3, 4, 5, 2**40], pa.int64()),
    'float': pa.array([0.5, None, -0.25, 1, 2, 3], pa.float32()),
    'double': pa.array([0.1, 0.2, float('nan'), 0.4, 0.5, 0.6], pa.float64()),
    'decimal': pa.array([None if x is None else decimal.Decimal(x) for x in ['1.25', '-2.50', '3.75', None, '0.00', '9.99']], pa.decimal128(9, 2)),
    'flag': pa.array([True, False, None, True, False, True]),
    'text': pa.array(['red', 'grün', None, 'red', 'blau', 'red']),
    'code': pa.array(['a', 'b', 'a', 'b', 'a', 'b']).dictionary_encode(),
    'day': pa.array([*days[:5], None], pa.date32()),
    'milli': pa.array(times, pa.timestamp('ms', tz='UTC')),
    'micro': pa.array(times, pa.timestamp('us')),
    'nano': pa.array(times, pa.timestamp('ns')),
    'kind': pa.array(['x', 'y', 'x', 'y', 'x', 'y']),
})
pq.write_table(table, 'snappy.parquet', row_group_size=4)
pq.write_table(table, 'plain.parquet', compression='none', use_dictionary=False, data_page_version='2.0')
pq.write_table(table, 'zstd.parquet', compression='zstd')
pq.write_table(table.select(['int', 'micro', 'kind']), 'int96.parquet', use_deprecated_int96_timestamps=True)
pq.write_table(pa.table({'tags': [[1], [2, 3]], 'point': [{'x': 1}, {'x': 2}], 'a': [1, 2], 'kind': ['x', 'y']}), 'nested.parquet')
pq.write_table(table.slice(0, 0), 'empty.parquet')
feather.write_feather(table, 'lz4.feather', compression='lz4')
feather.write_feather(table, 'plain.feather', compression='uncompressed', chunksize=4)
with pa.OSFile('stream.arrow', 'wb') as sink, pa.ipc.new_stream(sink, table.schema) as writer:
    writer.write_table(table, max_chunksize=4)
