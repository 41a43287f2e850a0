// A breadth-first search over all states, without clock and chance: two searches of the same find the same in the same order.
import { confirmerArrives, confirmerSteps } from './actors/confirmer.ts'
import { personArrives, personSteps } from './actors/person.ts'
import { runSteps } from './actors/run.ts'
import { switchSteps } from './actors/switch.ts'
import { timeSteps, watchdogSteps } from './actors/watchdog.ts'
import { commit, type Step } from './effects.ts'
import { faultSteps } from './faults.ts'
import { remember, violation, wrongEnd } from './invariants.ts'
import type { Rules } from './rules.ts'
import { RUNS, type State } from './state.ts'

/** All that can happen next. */
export function stepsFrom(state: State, rules: Rules): Step[] {
  return [
    ...RUNS.flatMap(name => runSteps(state, name, rules)),
    ...switchSteps(state, rules),
    ...lateSteps(state, rules),
    ...watchdogSteps(state, rules),
    ...personSteps(state, rules),
    ...confirmerSteps(state, rules),
    ...timeSteps(state),
    ...personArrives(state),
    ...confirmerArrives(state),
    ...faultSteps(state, rules),
  ].map(step => ({ ...step, next: remember(state, step) }))
}

function lateSteps(state: State, rules: Rules): Step[] {
  return state.late.map(late => ({
    kind: 'step',
    who: 'server',
    what: `the late finish of ${late.target} as ${late.to} arrives`,
    next: { ...(commit(state, late, late, late.to, rules) ?? state), late: [] },
  }))
}

export interface Found {
  readonly states: number
  readonly transitions: number
  /** States in which nothing more happens by itself. */
  readonly ends: number
  /** The steps of the shortest history that goes wrong. */
  readonly counterexample?: { readonly problem: string; readonly initial: State; readonly steps: readonly Step[] }
}

export function search(initial: readonly State[], rules: Rules): Found {
  const keyOf = keys()
  const known = new Map<string, number>()
  const parents: number[] = []
  let frontier: State[] = []
  let [transitions, ends] = [0, 0]
  const graph: Graph = { to: [], from: [0] }

  const add = (state: State, parent: number): number => {
    const key = keyOf(state)
    const there = known.get(key)
    if (there !== undefined) return there
    const id = parents.length
    known.set(key, id)
    parents.push(parent)
    frontier.push(state)
    return id
  }
  const fail = (problem: string, id: number, last?: Step): Found => ({
    states: parents.length,
    transitions,
    ends,
    counterexample: { problem, ...retrace(id, last) },
  })
  /** The steps to a state, found again by their keys. */
  const retrace = (id: number, last: Step | undefined) => {
    const way: number[] = []
    for (let at = id; at >= 0; at = parents[at] ?? -1) way.unshift(at)
    let state = initial[way[0] ?? 0] as State
    const first = state
    const steps: Step[] = []
    for (const to of way.slice(1)) {
      const step = stepsFrom(state, rules).find(({ next }) => known.get(keyOf(next)) === to) as Step
      steps.push(step)
      state = step.next
    }
    return { initial: first, steps: last === undefined ? steps : [...steps, last] }
  }

  for (const state of initial) add(state, -1)
  for (let id = 0; frontier.length > 0; ) {
    const level = frontier
    frontier = []
    for (const state of level) {
      const steps = stepsFrom(state, rules)
      for (const step of steps) {
        transitions += 1
        const problem = violation(state, step)
        if (problem !== undefined) return fail(problem, id, step)
        const next = add(step.next, id)
        if (step.kind === 'step') graph.to.push(next)
      }
      if (graph.to.length === graph.from.at(-1)) {
        ends += 1
        const problem = wrongEnd(state)
        if (problem !== undefined) return fail(problem, id)
      }
      graph.from.push(graph.to.length)
      id += 1
    }
  }
  const endless = findLoop(graph)
  if (endless !== undefined) return fail('I7: the steps go round in circles', endless)
  return { states: parents.length, transitions, ends }
}

/** Where the steps of a state lead, without arrivals and faults: those of state n are `to` between `from[n]` and `from[n + 1]`. */
interface Graph {
  readonly to: number[]
  readonly from: number[]
}

/** The last state before steps lead back to one of those before it. Without one, each history ends, whatever the order of its steps. */
function findLoop({ to, from }: Graph): number | undefined {
  const [UNSEEN, ON_THE_WAY, ENDS] = [0, 1, 2]
  const marks = new Uint8Array(from.length - 1)
  for (let start = 0; start < marks.length; start += 1) {
    const way = marks[start] === UNSEEN ? [{ state: start, edge: from[start] ?? 0 }] : []
    marks[start] ||= ON_THE_WAY
    for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
      const next = to[top.edge] ?? 0
      if (top.edge === from[top.state + 1]) {
        marks[top.state] = ENDS
        way.pop()
        continue
      }
      top.edge += 1
      if (marks[next] === ON_THE_WAY) return top.state
      if (marks[next] === UNSEEN) {
        marks[next] = ON_THE_WAY
        way.push({ state: next, edge: from[next] ?? 0 })
      }
    }
  }
  return undefined
}

const LARGEST_CODE = 0xffff

/** A short exact key of a state: each part of it is numbered, in the order in which it is first seen. */
function keys(): (state: State) => string {
  const numbers = new Map<string, number>()
  const seen = new WeakMap<object, number>()
  const number = (part: object): number => {
    const quick = seen.get(part)
    if (quick !== undefined) return quick
    const text = JSON.stringify(part)
    const found = numbers.get(text) ?? numbers.size
    if (found > LARGEST_CODE) throw new Error('too many different parts of states for a key')
    numbers.set(text, found)
    seen.set(part, found)
    return found
  }
  return ({ faultsLeft, ...parts }) => String.fromCharCode(faultsLeft, ...Object.values(parts).map(number))
}
