import type { TestRelease } from './release.ts'
import type { ServerCommand } from './server.ts'
import type { World } from './world.ts'

/** Made when it is run, as its epoch is the one that the server then has. */
export type CommandOf = (world: World) => ServerCommand

/** What a person or the next run does after the fault. */
export interface Recovery {
  /** One after the other; each must succeed. */
  readonly steps: readonly CommandOf[]
  /** Project and containers are exactly those of this state afterwards. */
  readonly leadsTo?: 'old' | 'new'
  /** Left out of the short form in `npm test`. */
  readonly isLong?: boolean
}

/** One of the server's scripts, with a state to run it in. */
export interface Scenario {
  readonly name: string
  /** One sentence for the list of scenarios. */
  readonly about: string
  /** Makes OLD on a server that has nothing but the program. */
  readonly setup: (world: World) => Promise<void>
  /** The releases that the project directory holds in OLD and in NEW. */
  readonly holds: { readonly old: TestRelease; readonly new: TestRelease }
  /** The command that is ended or fails. */
  readonly command: CommandOf
  /** What later runs do in any case: an exit status 0 is judged after it. For a script that only decides, and leaves the rest to it. */
  readonly settling?: readonly CommandOf[]
  /** By name: `backward` returns to the release that ran before, `forward` repeats the command. */
  readonly recoveries: Readonly<Record<string, Recovery>>
  /** Whether all points run in the short form of `npm test`, or every fifth. */
  readonly isCentral: boolean
  /** Whether it is there to remove things: then what an undisturbed run removes is not lost. */
  readonly removes?: boolean
}
