import { COMMAND } from './command.ts'
import { HTTP } from './http.ts'
import { IN_JSON, matcher } from './matchers.ts'
import { ENGINE_NAMES, MIGRATION_TOOLS } from './preset-commands.ts'
import { key, type Reader, type Schema, type Shape, schemaOfShape } from './reader.ts'
import { count, oneOf, text } from './scalars.ts'

/** A preset made by a command: its shape, and the key that says which command. */
export interface CommandForm {
  readonly shape: Shape
  readonly choice: string
  readonly words: readonly string[]
}

export interface Preset {
  /** What it proves. */
  readonly description: string
  /** Of the form that asks a URL. */
  readonly shape: Shape
  readonly command?: CommandForm
}

const path: Reader<string> = {
  schema: { type: 'string', pattern: '^\\$' },
  read: (tree, reading) => reading.text(tree),
}

const IN_ANSWER = {
  is: key(matcher(IN_JSON), 'what stands there: a value or a matcher, in place of the usual words'),
  path: key(path, 'where it stands in the answer, as a JSONPath'),
} as const

const { env, cwd } = COMMAND

export const PRESETS = {
  version: {
    description: 'the answer names this commit, or the version of `is`',
    shape: {
      ...HTTP,
      is: key(matcher(IN_JSON), 'the version or commit that it must be (default: this commit, `${GITHUB_SHA}`)'),
      path: key(path, 'where it stands in the answer, as a JSONPath (default: anywhere in the body)'),
      header: key(text(), 'the header that it stands in, in place of the body'),
    },
  },
  healthy: {
    description: 'the answer is 200, and its `$.status` is healthy (or pass, ok, up)',
    shape: { ...HTTP, ...IN_ANSWER },
  },
  database: {
    description: "the database is reached: by the health answer's `$.database`, or by a command of the database",
    shape: { ...HTTP, ...IN_ANSWER },
    command: {
      shape: {
        engine: key(oneOf(ENGINE_NAMES), `the database: ${ENGINE_NAMES.join(', ')}`),
        host: key(text(), 'its host, as seen from where the check is made (default `127.0.0.1`)'),
        port: key(count({ min: 1, max: 65_535 }), 'its port (default: the usual one)'),
        user: key(text(), 'the user to name to the server (postgres, mysql, mariadb)'),
        name: key(text(), 'the database to name to the server (postgres)'),
        env,
        cwd,
      },
      choice: 'engine',
      words: ENGINE_NAMES,
    },
  },
  migrations: {
    description: "no migration is pending: by the health answer's `$.migrations`, or by a command of the tool",
    shape: { ...HTTP, ...IN_ANSWER },
    command: {
      shape: { tool: key(oneOf(MIGRATION_TOOLS), `the tool: ${MIGRATION_TOOLS.join(', ')}`), env, cwd },
      choice: 'tool',
      words: MIGRATION_TOOLS,
    },
  },
} as const satisfies Readonly<Record<string, Preset>>
export type PresetName = keyof typeof PRESETS
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[]

export function presetSchema(name: PresetName): Schema {
  const { shape, command }: Preset = PRESETS[name]
  const forms: Schema[] = [HTTP.url.reader.schema, { ...schemaOfShape(shape), required: ['url'] }]
  if (command) forms.push({ enum: command.words }, { ...schemaOfShape(command.shape), required: [command.choice] })
  return { anyOf: forms }
}
