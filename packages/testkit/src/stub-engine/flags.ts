import { NotImitated } from './store.ts'

/** Names of a flag, separated by blanks; with a `=` at the end it has a value: `'-f --filter ='`. */
export type FlagSpec = Readonly<Record<string, string>>

export interface Flags {
  has(name: string): boolean
  /** The last value. */
  value(name: string): string | undefined
  values(name: string): readonly string[]
  readonly rest: readonly string[]
}

/** Reads flags as the docker command does. One that the spec does not name is an error: nothing is ignored in silence. */
export function parseFlags(command: string, args: readonly string[], spec: FlagSpec, stopAtFirst = false): Flags {
  const byName = new Map<string, { key: string; hasValue: boolean }>()
  for (const [key, text] of Object.entries(spec)) {
    const hasValue = text.endsWith('=')
    for (const name of text.replace(/ ?=$/, '').split(' ')) byName.set(name, { key, hasValue })
  }
  const found: Record<string, string[]> = {}
  const rest: string[] = []
  const queue = [...args]
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === '--') rest.push(...queue.splice(0))
    else if (!arg.startsWith('-') || arg === '-') rest.push(arg, ...(stopAtFirst ? queue.splice(0) : []))
    else {
      const [name = '', ...inline] = arg.split('=')
      const flag = byName.get(name)
      if (flag === undefined && /^-\w\w+$/.test(arg)) {
        // Short flags in one word: `-aq`.
        queue.unshift(...[...arg.slice(1)].map(letter => `-${letter}`))
        continue
      }
      if (flag === undefined) throw new NotImitated(`the flag ${name} of docker ${command}`)
      const value = inline.length > 0 ? inline.join('=') : flag.hasValue ? queue.shift() : ''
      if (value === undefined) throw new NotImitated(`docker ${command} ${name} without a value`)
      found[flag.key] = [...(found[flag.key] ?? []), value]
    }
  }
  return {
    has: name => found[name] !== undefined && found[name].at(-1) !== 'false',
    value: name => found[name]?.at(-1),
    values: name => found[name] ?? [],
    rest,
  }
}

/** Without it docker waits for a confirmation on standard input. */
export function needForce(command: string, flags: Flags): void {
  if (!flags.has('force') || flags.rest.length > 0) throw new NotImitated(`docker ${command} without --force`)
}

/** Whether labels fit a filter `name` or `name=value`. */
export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const [name = '', ...value] = wanted.split('=')
  return labels[name] !== undefined && (value.length === 0 || labels[name] === value.join('='))
}
