/** Rows of text as columns for people, two spaces apart. No zone. */
import { shown } from './shown.ts';

/** As many columns as the first row has. No newline at the end, no spaces at the end of a line. */
export function columns(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(shown));
  // As arguments of one call, very many rows would overflow the stack.
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
