import { isRecord } from '../values/record.ts'

/**
 * The lines of a deployment's log that Coolify shows to people, oldest first. It is a text that holds a JSON list, and its hidden
 * entries are commands with secrets in them.
 */
export function visibleLines(logs: string | undefined): string[] {
  return entriesOf(logs)
    .filter(entry => isRecord(entry))
    .filter(entry => entry['hidden'] === false)
    .flatMap(entry => {
      const output = typeof entry['output'] === 'string' ? entry['output'] : ''
      return output
        .split(/\r?\n/)
        .map(text => text.trimEnd())
        .filter(text => text !== '')
    })
}

function entriesOf(logs: string | undefined): unknown[] {
  try {
    const entries: unknown = JSON.parse(logs ?? '[]')
    return Array.isArray(entries) ? entries : []
  } catch {
    return []
  }
}

/** Why a deployment failed, in Coolify's words; it writes them a moment after it has called it failed. */
export function failureReason(lines: readonly string[]): string | undefined {
  const line = lines.findLast(text => text.startsWith('Deployment failed: '))
  return line?.slice('Deployment failed: '.length)
}
