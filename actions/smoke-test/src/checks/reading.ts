import type { Environment } from '@deploy-actions/core/runner/inputs'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import type { Secret } from '@deploy-actions/core/values/secret'
import type { Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Position } from '@deploy-actions/core/yaml/position'
import type { Tree } from '@deploy-actions/core/yaml/tree'
import { Concealed } from './concealed.ts'
import { parseTemplate } from './template.ts'

/** Where the values of variables come from. */
export interface Scope {
  readonly env: Environment
  /** The names of all captures. */
  readonly captures: ReadonlySet<string>
  /** What was captured; undefined before the run, when a placeholder stands for it, and what is wrong with that is not told. */
  readonly captured: ReadonlyMap<string, Secret> | undefined
  readonly placeholder: (name: string) => string
  /** Texts of the workspace's files that the checks name; undefined for one that is not there. */
  readonly files: ReadonlyMap<string, string | undefined>
}

/** How a text is used: `hidden` where its variables are secrets, `pattern` where they stand for themselves in an expression. */
export type Use = 'shown' | 'hidden' | 'pattern'

/** The reading of one check: fills in variables, and gathers what is wrong and what must not be seen. */
export class Reading {
  readonly scope: Scope
  readonly mistakes: Mistakes
  readonly concealed = new Concealed()
  /** The captures that the check takes values from. */
  readonly usedCaptures = new Set<string>()
  /** JSONPaths and CSS selectors, which are looked at once all is read. */
  readonly paths: { readonly language: 'json' | 'html'; readonly path: string; readonly at: Position }[] = []
  readonly #placeholders = new Set<string>()
  /** Told already, or not to be told: the value is not known yet. */
  readonly #settled = new Set<Tree>()

  constructor(scope: Scope, mistakes: Mistakes) {
    this.scope = scope
    this.mistakes = mistakes
  }

  /** A scalar's text with its variables filled in; undefined when it is no scalar, or a variable is not set. */
  text(tree: Tree, use: Use = 'shown'): string | undefined {
    if (tree.kind !== 'scalar') return undefined
    return typeof tree.value === 'string' ? this.fill(tree, tree.value, use) : tree.text
  }

  /** Fills in the variables of a part of a scalar's text. */
  fill(tree: Tree, text: string, use: Use): string | undefined {
    const template = parseTemplate(text)
    if (!template.ok) return this.#settle(tree, template.problem)
    const values = template.parts.map(part => {
      if (typeof part === 'string') return part
      const value = this.#valueOf(tree, part.name, part.fallback, use)
      return value !== undefined && use === 'pattern' ? literally(value) : value
    })
    return values.includes(undefined) ? undefined : values.join('')
  }

  #valueOf(tree: Tree, name: string, fallback: string | undefined, use: Use): string | undefined {
    if (this.scope.captures.has(name)) {
      this.usedCaptures.add(name)
      const value = this.scope.captured?.get(name)?.reveal()
      if (value === undefined) return this.#stand(tree, name)
      this.concealed.add(value)
      return value
    }
    const given = variable(name, this.scope.env)
    const value = given || fallback
    if (value === undefined) {
      const state = given === undefined ? 'is not set' : 'is empty'
      return this.#settle(
        tree,
        `the variable \`${name}\` ${state}; pass it by the step's \`env:\`, or write what else to take: \${${name}:-…}`,
      )
    }
    this.concealed.use(name, value, use === 'hidden')
    return value
  }

  #stand(tree: Tree, name: string): string {
    const placeholder = this.scope.placeholder(name)
    this.#settled.add(tree)
    this.#placeholders.add(placeholder)
    return placeholder
  }

  /** What must not be seen. */
  get secrets(): readonly Secret[] {
    return this.concealed.secrets.filter(secret => !this.#placeholders.has(secret.reveal()))
  }

  /** Notes what is wrong with a node, unless that is told already. */
  wrong(tree: Tree, text: string): undefined {
    if (!this.#settled.has(tree)) this.#settle(tree, text)
  }

  #settle(tree: Tree, text: string): undefined {
    this.#settled.add(tree)
    this.mistakes.add(tree.at, text)
  }

  /** Reads a text with a parser that throws InvalidValue; such a message may quote what is written, and so nothing that is filled in. */
  parse<T>(tree: Tree, parser: (text: string) => T, wanted: string): T | undefined {
    const text = this.text(tree)
    if (text === undefined) return this.wrong(tree, wanted)
    try {
      return parser(text)
    } catch (thrown) {
      if (!(thrown instanceof InvalidValue)) throw thrown
      const isAsWritten = tree.kind === 'scalar' && tree.text === text
      return this.wrong(tree, isAsWritten ? `this ${thrown.message}` : wanted)
    }
  }
}

/** Of the environment itself: an object has a `constructor` too. */
export function variable(name: string, env: Environment): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined
}

/** A value in a regular expression means itself, with every flag: `\-` is an error with `u`. */
function literally(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replaceAll('-', '\\x2d')
}
