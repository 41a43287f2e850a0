/** Short names of flags, so that `--all` and `-a` are one form. */
const short: Readonly<Record<string, string>> = {
  '--all': '-a',
  '--detach': '-d',
  '--force': '-f',
  '--project-name': '-p',
  '--quiet': '-q',
  '--username': '-u',
  '--volumes': '-v',
}

/** The form of a call: its words and flags without values; of a filter also its name. Compose's global options do not count. */
export function formOf(args: readonly string[]): string {
  const rest = withoutGlobals(args)
  const words = rest.slice(
    0,
    ['compose', 'container', 'image', 'volume', 'network', 'system', 'context'].includes(rest[0] ?? '') ? 2 : 1,
  )
  const flags = rest.flatMap((arg, index) => {
    if (index === 0 || !arg.startsWith('-') || arg === '-') return []
    const [name = ''] = arg.split('=')
    if (name === '--filter') return [`--filter ${(rest[index + 1] ?? '').split('=')[0]}`]
    return /^-[a-z]{2,}$/.test(name) ? [...name.slice(1)].map(letter => `-${letter}`) : [short[name] ?? name]
  })
  return [...words, ...[...new Set(flags)].sort()].join(' ')
}

function withoutGlobals(args: readonly string[]): string[] {
  const rest = [...args]
  if (rest[0] === '--config') rest.splice(0, 2)
  if (rest[0] !== 'compose') return rest
  while (rest[1]?.startsWith('-')) rest.splice(1, 2)
  return rest
}

/** What a call of one of the scripts' own functions means: the words that stand for it and its first arguments. */
const functions: Readonly<Record<string, { readonly skipped: number; readonly args: readonly string[] }>> = {
  engine: { skipped: 0, args: [] },
  docker: { skipped: 0, args: [] },
  containers_of: { skipped: 1, args: ['ps', '-a', '--no-trunc', '--filter', 'label=project'] },
  run_compose: { skipped: 4, args: ['compose'] },
  compose: { skipped: 1, args: ['compose'] },
}

/** The forms of all docker calls in the text of a shell script. One that ends with `…` takes more arguments from `"$@"`. */
export function formsIn(script: string): string[] {
  const text = script.replaceAll('\\\n', ' ').replace(/^\s*#.*$/gm, '')
  const forms = new Set<string>()
  for (const { 1: name = '', index, 0: match } of text.matchAll(
    /(?<![\w"'/.$-]|docker |engine |values )(engine|docker|containers_of|run_compose|compose) (?=["$\w-])/g,
  )) {
    const called = functions[name]
    if (called === undefined) continue
    const words = wordsFrom(text, index + match.length)
    const args = [...called.args, ...words.slice(called.skipped)]
    const form = formOf(args.filter(word => word !== '"$@"'))
    if (form !== '' && form !== 'compose') forms.add(args.includes('"$@"') ? `${form} …` : form)
  }
  return [...forms].sort()
}

/** The words of a simple command, without its quotes. */
function wordsFrom(text: string, start: number): string[] {
  const words: string[] = []
  let word = ''
  let position = start
  for (; position < text.length; position++) {
    const rest = text.slice(position)
    if (/^[\n;|&)<>]|^\d>/.test(rest)) break
    const length = quotedLength(rest)
    if (/^\s/.test(rest)) {
      if (word !== '') words.push(word)
      word = ''
    } else {
      word += rest.slice(0, length)
      position += length - 1
    }
  }
  if (word !== '') words.push(word)
  return words.map(plainWord)
}

/** How many characters belong together: a quoted text, or a substitution. */
function quotedLength(text: string): number {
  if (text.startsWith("'")) return text.indexOf("'", 1) + 1
  const [open, close] = text.startsWith('"')
    ? [1, '"']
    : text.startsWith('$(')
      ? [2, ')']
      : text.startsWith('${')
        ? [2, '}']
        : [0, '']
  if (open === 0) return 1
  let position = open
  while (position < text.length && !text.startsWith(close, position)) position += quotedLength(text.slice(position))
  return position + 1
}

function plainWord(word: string): string {
  const optional = /^\$\{\w+:\+(-\S+)\}$/.exec(word)?.[1]
  return optional ?? (word === '"$@"' ? word : word.replace(/^["'](.*)["']$/s, '$1'))
}

/** Forms that the stub is compared in: test/lab/stub-engine.test.ts verifies that its sequence has each of them. */
export const comparedForms = [
  '--version',
  'compose config',
  'compose config --format',
  'compose config --hash',
  'compose config --images',
  'compose down --remove-orphans',
  'compose up --no-build -d',
  'compose version --short',
  'container inspect',
  'container inspect --format',
  'container prune -f',
  'context inspect --format',
  'context show',
  'create --entrypoint --label --name --network',
  'exec',
  'image inspect --format',
  'image prune -a -f',
  'info --format',
  'inspect --format',
  'kill',
  'login --password-stdin -u',
  'logs --tail',
  'ps --filter label --format -a',
  'ps --filter label --format --no-trunc -a',
  'ps --filter label --filter status --format --no-trunc -a',
  'ps --filter label --filter status --format',
  'ps --filter label --filter status --no-trunc -a -q',
  'ps --filter label --no-trunc -a -q',
  'pull',
  'rename',
  'rm',
  'rm -f',
  'rm -v',
  'rmi',
  'rm -f -v',
  'run --cap-drop --entrypoint --env --label --log-driver --mount --name --network --no-healthcheck --pull --read-only --restart --security-opt --stop-signal --user --workdir -d',
  'run --label --name --restart -d',
  'start',
  'stop',
  'system prune -a -f',
  'tag',
  'update --restart',
  'version --format',
  'volume ls -q',
]

/** Whether a form of a script is one of the compared ones, or the beginning of one. */
export function isCompared(form: string): boolean {
  if (!form.endsWith(' …')) return comparedForms.includes(form)
  const parts = form.split(' ').slice(0, -1)
  return comparedForms.some(compared => parts.every(part => compared.split(' ').includes(part)))
}
