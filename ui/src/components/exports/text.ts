// The formats of an export, in the order in which they are offered. Not in the texts that every page loads.
import type { ExportFormat } from '../../api/client';

export const exportFormats: Record<ExportFormat, string> = {
  parquet: 'Parquet: one table, for DuckDB, Polars or Spark',
  csv: 'CSV: one table, for spreadsheets',
  jsonl: 'JSON Lines: one object a line',
  arrow: 'Arrow: one stream',
  list: 'List: the address of each object',
  manifest: 'Manifest: download addresses, valid for a day',
  webdataset: 'WebDataset: tar files with the bytes',
};
