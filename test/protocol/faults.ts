// What goes wrong. Each costs one of the faults that a history may have.

import { end as endConfirmer } from './actors/confirmer.ts'
import { killPerson } from './actors/person.ts'
import { cutOff, finishInFlight } from './actors/run.ts'
import { deliver, remove } from './actors/switch.ts'
import { killWatchdog } from './actors/watchdog.ts'
import { type Step, setRun, setServer } from './effects.ts'
import type { Rules } from './rules.ts'
import { RUNS, type RunName, type State } from './state.ts'

export function faultSteps(state: State, rules: Rules): Step[] {
  if (state.faultsLeft === 0) return []
  const faultsLeft = state.faultsLeft - 1
  return [
    ...RUNS.flatMap(name => runFaults(state, name, rules)),
    ...switchFaults(state, rules),
    ...serverFaults(state),
    ...clockFaults(state),
  ].map(([what, next]) => ({ kind: 'fault', who: 'fault', what, next: { ...next, faultsLeft } }))
}

type Fault = [what: string, next: State]

function runFaults(state: State, name: RunName, rules: Rules): Fault[] {
  const { at, link } = state[name]
  if (at === 'start' || at === 'done' || link !== 'up') return []
  const cut = cutOff(state, name)
  const faults: Fault[] = [
    [`the connection of ${name} is cut, or the runner is killed`, cut],
    [`${name} is suspended`, setRun(state, name, { link: 'asleep' })],
  ]
  const late = finishInFlight(state, name, rules)
  if (late !== undefined)
    faults.push([`the connection of ${name} is cut, its finish is on its way`, { ...cut, late: [late] }])
  return faults
}

function switchFaults(state: State, rules: Rules): Fault[] {
  return state.switches.flatMap((one, index): Fault[] => {
    if (one.at === 'compose-only') return []
    const name = `the switch ${one.direction} to ${one.release}`
    const dead: Fault = [`${name} is killed`, deliver(remove(state, index), one, 'failed', rules)]
    if (one.at !== 'up') return [dead]
    const left = deliver(state, one, 'failed', rules)
    const switches = left.switches.map((other, at) =>
      at === index ? { ...one, at: 'compose-only' as const, isOrphan: true } : other,
    )
    return [dead, [`the shell of ${name} is killed, Compose lives on`, { ...left, switches }]]
  })
}

function serverFaults(state: State): Fault[] {
  const faults: Fault[] = [
    ['the engine restarts', restartEngine(state)],
    ['the server restarts', reboot(state)],
  ]
  const { watchdog, person, confirmer } = state
  if (watchdog.at !== 'absent' && watchdog.at !== 'restarting')
    faults.push(['the watchdog is killed', killWatchdog(state)])
  if (!['start', 'done'].includes(person.at)) faults.push(['rollback.sh is killed', killPerson(state)])
  if (confirmer.at === 'tidy' || confirmer.at === 'tidying')
    faults.push(['the confirmer is killed', endConfirmer(state)])
  return faults
}

/** The watchdog's container ends with it, and every `up` fails. `unless-stopped` containers do not come back. */
function restartEngine(state: State): State {
  const ended = killWatchdog(setServer(state, { stopped: true }))
  const isUp = (at: string) => at === 'up' || at === 'compose-only'
  return { ...ended, switches: ended.switches.map(one => (isUp(one.at) ? { ...one, hasFailed: true } : one)) }
}

/** Nothing that ran on the server is left; runs lose their connections. */
function reboot(state: State): State {
  let after = restartEngine(state)
  for (const name of RUNS) {
    const { at, link } = after[name]
    if (at !== 'start' && at !== 'done' && link !== 'cut') after = cutOff(after, name)
  }
  if (!['start', 'done'].includes(after.person.at)) after = killPerson(after)
  if (!['start', 'done'].includes(after.confirmer.at)) after = endConfirmer(after)
  const timer = after.pending.phase === 'waiting' ? { ...after.timer, elapsed: false, rebooted: true } : after.timer
  return { ...setServer(after, { lock: '' }), timer, switches: [], late: [] }
}

function clockFaults(state: State): Fault[] {
  const { pending, timer } = state
  if (pending.phase !== 'waiting' || timer.wall !== 'ahead') return []
  return [
    ['the clock jumps ahead', { ...state, timer: { ...timer, wall: 'passed' } }],
    ['the clock jumps back, far', { ...state, timer: { ...timer, wall: 'never' } }],
  ]
}
