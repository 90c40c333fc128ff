/** Widest line of a table, characters. */
export const tableWidth = 120;

/**
 * Rows in columns of equal width; numbers (cells of digits) to the right, the rest to the left. Columns for which a
 * line has no room go on in the next one, below the second column.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { width = tableWidth }: { readonly width?: number } = {},
): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const isNumber = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^-?[\d.]+$/.test(row[column] ?? '')),
  );
  const indent = (widths[0] ?? 0) + 2;
  const lines = inLines(widths, { width, indent });
  const padded = (cell: string, column: number): string =>
    isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return [head, ...rows].flatMap((cells) =>
    lines.map((columns, index) => {
      const text = columns.map((column) => padded(cells[column] ?? '', column)).join('  ');
      return `${index === 0 ? '' : ' '.repeat(indent)}${text}`.trimEnd();
    }),
  );
}

/** The columns of each line, as many as it has room for. */
function inLines(widths: readonly number[], { width, indent }: { readonly width: number; readonly indent: number }) {
  const lines: number[][] = [[]];
  let used = 0;
  for (const [column, own] of widths.entries()) {
    const isFull = column > 1 && used + own > width;
    if (isFull) {
      lines.push([]);
      used = indent;
    }
    lines.at(-1)?.push(column);
    used += own + 2;
  }
  return lines;
}

/** `name  value` lines with the values in one column. */
export function fields(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd());
}

/** A text in lines of a width, broken between words. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
