import { ActionError } from '../values/action-error.ts'
import { parseDuration } from '../values/duration.ts'
import { InvalidValue } from '../values/invalid-value.ts'
import { Secret } from '../values/secret.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads an action's inputs from the runner's environment and gathers every problem, so that one message names them all.
 * Defaults stand in action.yml only. A value that a reader returns for a wrong input is never seen: `finish` throws first.
 */
export class InputReader {
  readonly #env: Environment
  readonly #problems: { readonly input: string; readonly text: string }[] = []
  readonly #notices: string[] = []

  constructor(env: Environment) {
    this.#env = env
  }

  /** The input's text without outer white space; '' when it is not set. */
  text(name: string): string {
    return this.raw(name).trim()
  }

  /**
   * The name under which an input is set: its own, or an alias, as people write it who come from another action. An alias gives a
   * notice, and both at once are a problem, as nobody can know which one is meant.
   */
  nameOf(name: string, alias: string): string {
    if (this.text(alias) === '') return name
    if (this.text(name) !== '') this.problem(alias, `and \`${name}\` are both set; keep only \`${name}\``)
    else this.#notices.push(`\`${alias}\` was read as \`${name}\`, which is the name of this input.`)
    return alias
  }

  /** The input's text to the letter, for what white space matters in. */
  raw(name: string): string {
    return this.#env[variableOf(name)] ?? ''
  }

  required(name: string, hint: string): string {
    const text = this.text(name)
    if (text === '') this.problem(name, `is missing; ${hint}`)
    return text
  }

  /** Lines without outer white space; empty ones and `#` comments left out. */
  lines(name: string): string[] {
    return this.text(name)
      .split(/\r?\n/)
      .map(line => line.trim())
      .filter(line => line !== '' && !line.startsWith('#'))
  }

  /** True or false in the spellings of YAML 1.2's core schema, as the runner's own toolkit takes them. */
  boolean(name: string): boolean {
    const text = this.text(name)
    if (/^(true|True|TRUE)$/.test(text)) return true
    if (!/^(false|False|FALSE|)$/.test(text)) this.problem(name, `is "${text}"; write true or false`)
    return false
  }

  choice<const Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    return this.parse(name, text => {
      const found = choices.find(choice => choice === text)
      if (found === undefined) throw new InvalidValue(`is "${text}"; choose one of ${choices.join(', ')}`)
      return found
    })
  }

  /** Milliseconds. */
  duration(name: string): number {
    return this.parse(name, parseDuration)
  }

  integer(name: string, range: { readonly min: number; readonly max: number }): number {
    return this.parse(name, text => {
      const value = Number(text)
      if (!/^\d+$/.test(text) || value < range.min || value > range.max) {
        throw new InvalidValue(`is "${text}"; write a whole number from ${range.min} to ${range.max}`)
      }
      return value
    })
  }

  /** Undefined when the input is not set. White space stays: it may belong to the secret. */
  secret(name: string): Secret | undefined {
    const value = this.raw(name)
    return value.trim() === '' ? undefined : new Secret(value)
  }

  /** Reads an input with a parser that throws InvalidValue. */
  parse<T>(name: string, parser: (text: string) => T): T {
    return this.check(name, () => parser(this.text(name)))
  }

  /** Like `parse`, for what is made of more than one input. */
  check<T>(name: string, parser: () => T): T {
    try {
      return parser()
    } catch (thrown) {
      if (!(thrown instanceof InvalidValue)) throw thrown
      this.problem(name, thrown.message)
      return undefined as never
    }
  }

  /** Notes a problem; the text reads on after the input's name. */
  problem(name: string, text: string): void {
    this.#problems.push({ input: name, text: `\`${name}\` ${text}` })
  }

  /** What was noted so far, a sentence each, for an action that goes on without what is wrong. */
  get problems(): readonly string[] {
    return this.#problems.map(({ text }) => text)
  }

  /** What is accepted, and worth a word to whoever wrote it; a sentence each. */
  get notices(): readonly string[] {
    return this.#notices
  }

  /** Call it when all inputs were read: throws one error with every problem, if there are any. */
  finish(): void {
    const failure = this.failure()
    if (failure !== undefined) throw failure
  }

  /** The same error, for an action that has more to find before it fails. */
  failure(): ActionError | undefined {
    if (this.#problems.length === 0) return undefined
    const names = [...new Set(this.#problems.map(({ input }) => input))]
    const { problems } = this
    return new ActionError({
      title: `Wrong ${names.length === 1 ? 'input' : 'inputs'}: ${names.join(', ')}`,
      message: problems.length === 1 ? String(problems[0]) : problems.map(problem => `- ${problem}`).join('\n'),
      next: 'Correct the `with:` of the step, and run it again. Nothing was changed.',
    })
  }
}

/** As the runner names it: https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax#inputs */
function variableOf(input: string): string {
  return `INPUT_${input.replaceAll(' ', '_').toUpperCase()}`
}
