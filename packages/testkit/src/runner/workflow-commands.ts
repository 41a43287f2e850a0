export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly title: string
  readonly message: string
}

interface WorkflowCommand {
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly data: string
}

/** Reads a line as the runner does. https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
function parseCommand(line: string): WorkflowCommand | undefined {
  const match = /^\s*::([\w-]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/.exec(line)
  if (!match) return undefined
  const [, name = '', properties = '', data = ''] = match
  const pairs = properties.split(',').map((pair): [string, string] => {
    const at = pair.indexOf('=')
    return at === -1 ? [pair.trim(), ''] : [pair.slice(0, at).trim(), unescapeProperty(pair.slice(at + 1))]
  })
  return { name, properties: Object.fromEntries(pairs), data: unescapeData(data) }
}

export function annotationsIn(stdout: string): Annotation[] {
  return stdout.split('\n').flatMap(line => {
    const command = parseCommand(line)
    if (command === undefined || !isLevel(command.name)) return []
    return [{ level: command.name, title: command.properties['title'] ?? '', message: command.data }]
  })
}

export function masksIn(stdout: string): string[] {
  return stdout.split('\n').flatMap(line => {
    const command = parseCommand(line)
    return command?.name === 'add-mask' && command.data !== '' ? [command.data] : []
  })
}

/** What the log shows: a mask hides its value, and each of its lines, from the next line on, not before. */
export function maskLog(stdout: string): string {
  const known = new Set<string>()
  return stdout
    .split('\n')
    .map(line => {
      const command = parseCommand(line)
      if (command?.name === 'add-mask') {
        for (const part of [command.data, ...command.data.split(/\r?\n/)]) if (part.trim() !== '') known.add(part)
        return '::add-mask::***'
      }
      return hide(line, known)
    })
    .join('\n')
}

/** Hides the masks, and each of their lines, in a text. */
export function hide(text: string, masks: Iterable<string>): string {
  const parts = [...masks].flatMap(mask => [mask, ...mask.split(/\r?\n/)]).filter(part => part.trim() !== '')
  return parts.sort((a, b) => b.length - a.length).reduce((hidden, part) => hidden.replaceAll(part, '***'), text)
}

function isLevel(name: string): name is Annotation['level'] {
  return name === 'error' || name === 'warning' || name === 'notice'
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

function unescapeProperty(text: string): string {
  return unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','))
}
