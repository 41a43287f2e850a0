import { Secret } from '@deploy-actions/core/values/secret'
import { isSecretName } from '@deploy-actions/core/values/secret-name'
import type { Tree } from '@deploy-actions/core/yaml/tree'
import type { CommandSubject } from '../check.ts'
import { entryOf, key, mapOf, type Reader } from './reader.ts'
import { type Reading, variable } from './reading.ts'
import { listOf, pairsOf, text } from './scalars.ts'
import { variablesIn } from './template.ts'

const RUN = 'write the program and its arguments as a list, or `shell: …` for a line of a shell'

/** Everyone on a machine can see the arguments of what runs there. */
const argument: Reader<string> = {
  schema: { type: ['string', 'number', 'boolean'] },
  read: (tree, reading) => {
    if (tree.kind !== 'scalar') return reading.wrong(tree, 'write a text')
    const secret = variablesIn(tree.text).find(name => isSecretName(name) || reading.scope.captures.has(name))
    if (secret !== undefined) {
      return reading.wrong(
        tree,
        `everyone on the machine can see an argument; pass \`${secret}\` by \`env:\` of this check, and use it in \`shell:\``,
      )
    }
    return reading.text(tree)
  },
}

const shell: Reader<string> = {
  schema: { type: 'string', minLength: 1 },
  read: (tree, reading) =>
    tree.kind === 'scalar' && tree.text.trim() !== '' ? tree.text : reading.wrong(tree, 'write a line of a shell'),
}

const env = pairsOf<Secret>({
  names: /^[A-Za-z_][A-Za-z0-9_]*$/,
  wantedName: 'a name is made of letters, digits and _, and does not start with a digit',
  wanted: 'write names and their values',
  schema: { type: ['string', 'number', 'boolean', 'null'] },
  read: (tree, reading, name) => {
    if (tree.kind === 'null') return new Secret('')
    const value = reading.text(tree, isSecretName(name) ? 'hidden' : 'shown')
    if (value === undefined) return reading.wrong(tree, 'write a text')
    if (isSecretName(name)) reading.concealed.add(value)
    return new Secret(value)
  },
})

export const COMMAND = {
  run: key(listOf(argument, RUN), 'the program and its arguments, as a list; no shell reads them'),
  shell: key(shell, 'a line for `sh -c`; its `$NAME` are those of `env`, and none of ours'),
  env: key(env, 'variables of the command, by name; the way for secrets'),
  cwd: key(text('write a directory'), 'the directory to run it in'),
} as const

const map = mapOf(COMMAND, {
  hints: {
    command: 'write `run: [program, argument]`, or `shell`',
    cmd: 'write `run: [program, argument]`, or `shell`',
    exec: 'write `run: [program, argument]`, or `shell`',
    args: 'write them in `run`, after the program',
    'working-directory': 'write `cwd`',
    'exit-code': '`exit-code` stands under `expect`, beside `command`',
    'exit-status': '`exit-code` stands under `expect`, beside `command`',
    stdout: '`stdout` stands under `expect`, beside `command`',
  },
})

export const command: Reader<CommandSubject> = {
  schema: {
    anyOf: [COMMAND.run.reader.schema, { ...map.schema, oneOf: [{ required: ['run'] }, { required: ['shell'] }] }],
  },
  read: (tree, reading) => {
    if (tree.kind === 'list') {
      const run = COMMAND.run.reader.read(tree, reading)
      return run && subjectOf(run, {}, undefined)
    }
    if (tree.kind !== 'map') return reading.wrong(tree, RUN)
    const values = map.read(tree, reading)
    const [run, line] = [entryOf(tree, 'run'), entryOf(tree, 'shell')]
    if (run && line) return reading.wrong(line.value, 'write `run` or `shell`, not both')
    if (!run && !line) return reading.wrong(tree, RUN)
    const variables = Object.fromEntries(values?.env ?? [])
    if (line) checkShell(line.value, variables, reading)
    const argv = values?.run ?? (values?.shell === undefined ? undefined : ['sh', '-c', values.shell])
    return argv && subjectOf(argv, variables, values?.cwd)
  },
}

function subjectOf(
  argv: readonly string[],
  variables: Readonly<Record<string, Secret>>,
  cwd: string | undefined,
): CommandSubject {
  return { kind: 'command', argv, env: variables, cwd }
}

/** What any login has. */
const COMMON = new Set(['HOME', 'HOSTNAME', 'LANG', 'LOGNAME', 'PATH', 'PWD', 'SHELL', 'TMPDIR', 'USER'])

/**
 * The text of a shell is left to the shell: a value that is put into it could end a quote, and run. So a variable of the step
 * that is meant to be there, and is not passed on, would be empty in silence.
 */
function checkShell(tree: Tree, passed: Readonly<Record<string, unknown>>, reading: Reading): void {
  if (tree.kind !== 'scalar') return
  const { env: step, captures } = reading.scope
  for (const [, name = ''] of tree.text.matchAll(/(?<!\\)\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)) {
    const isSet = new RegExp(`(^|[\\s;({&|])(${name}=|(for|read|export|local)\\s+(-\\w+\\s+)*${name}\\b)`, 'm').test(
      tree.text,
    )
    if (
      Object.hasOwn(passed, name) ||
      COMMON.has(name) ||
      isSet ||
      (variable(name, step) === undefined && !captures.has(name))
    )
      continue
    reading.wrong(
      tree,
      `the shell is not given \`${name}\`; pass it by \`env: { ${name}: "\${${name}}" }\` of this check`,
    )
  }
}
