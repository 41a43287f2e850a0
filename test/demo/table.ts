/** Lines of a table for a terminal; the first row is its head. */
export function textTable(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map(row => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map(row => (row[column] ?? '').length)),
  )
  const lines = rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  )
  const rule = widths.map(width => '─'.repeat(width)).join('───')
  return [...lines.slice(0, 1), rule, ...lines.slice(1)]
}
