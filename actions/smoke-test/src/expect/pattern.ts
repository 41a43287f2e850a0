import { createContext, Script } from 'node:vm'
import { errorCode } from '@deploy-actions/core/values/error-code'
import type { Pattern, PatternTester } from './matcher.ts'

/** Milliseconds. What a sane expression needs for a megabyte is far below. */
const LIMIT = 500

/**
 * Tests patterns with a time limit: an expression that backtracks without end stops after half a second instead of holding up
 * every other check (https://nodejs.org/api/vm.html#scriptrunincontextcontextifiedobject-options).
 */
export function createPatternTester(limit = LIMIT): PatternTester {
  const script = new Script('new RegExp(source, flags).test(text)')
  // Without a prototype: an expression is data, and finds nothing there.
  const values = Object.assign(Object.create(null), { source: '', flags: '', text: '' })
  const context = createContext(values, { codeGeneration: { strings: false, wasm: false } })
  return ({ source, flags }, text) => {
    Object.assign(values, { source, flags, text })
    try {
      return script.runInContext(context, { timeout: limit }) === true
    } catch (thrown) {
      if (errorCode(thrown) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'late'
      throw thrown
    } finally {
      values.text = ''
    }
  }
}

/** Reads `/source/flags`; undefined when a text is not written as an expression. */
export function parsePattern(text: string): Pattern | undefined {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? []
  return source === undefined || flags === undefined ? undefined : { source, flags }
}

/** What is wrong with a pattern; undefined when nothing is. */
export function problemOfPattern({ source, flags }: Pattern): string | undefined {
  try {
    return new RegExp(source, flags) instanceof RegExp ? undefined : 'is no regular expression'
  } catch {
    return 'is no regular expression of JavaScript'
  }
}
