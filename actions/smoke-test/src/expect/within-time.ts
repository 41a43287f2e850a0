import { type Context, createContext, Script } from 'node:vm'
import { errorCode } from '@deploy-actions/core/values/error-code'

/** What came of some work; `isLate` when it took longer than it may. */
export type InTime<T> = { readonly isLate: false; readonly value: T } | { readonly isLate: true }

let realm: { readonly context: Context; readonly script: Script; readonly globals: { work: () => void } } | undefined

/**
 * Ends work after so many milliseconds that an expression and a text of others may make endless: one that backtracks without end
 * would hold up every other check. All that the work calls is ended with it, without its `catch` and `finally`, so it must
 * change nothing that outlives it (https://nodejs.org/api/vm.html#scriptrunincontextcontextifiedobject-options).
 */
export function withinTime<T>(limit: number, work: () => T): InTime<T> {
  realm ??= makeRealm()
  const { context, script, globals } = realm
  const done: T[] = []
  globals.work = () => {
    done.push(work())
  }
  try {
    script.runInContext(context, { timeout: limit })
  } catch (thrown) {
    if (errorCode(thrown) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { isLate: true }
    throw thrown
  } finally {
    globals.work = nothing
  }
  return { isLate: false, value: done[0] as T }
}

/** Made when it is first needed: most checks never do, and it takes some milliseconds. */
function makeRealm() {
  const globals = { work: nothing }
  return { context: createContext(globals), script: new Script('work()'), globals }
}

function nothing(): void {}
