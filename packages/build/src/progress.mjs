// Plain JavaScript for node 18: setup.mjs needs it before node 24 and the packages are there.
import { spawn } from 'node:child_process'
import process from 'node:process'

const LINES_OF_A_FAILURE = 40
const SECONDS_BETWEEN_SIGNS_OF_LIFE = 15

/** A command that ended with a status other than 0, with the end of what it said. */
export class CommandFailed extends Error {
  /**
   * @param {string} command
   * @param {number | string} status
   * @param {string} output
   */
  constructor(command, status, output) {
    super(`${command} ended with ${status}:\n${output}`)
    this.name = 'CommandFailed'
    this.output = output
  }
}

/**
 * Does a piece of work while the terminal shows how long it has taken.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withProgress(title, work) {
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 1000)
  const isTerminal = process.stdout.isTTY === true
  process.stdout.write(isTerminal ? `  ${title} …` : `  ${title} …\n`)
  const ticker = setInterval(() => {
    if (isTerminal) process.stdout.write(`\r  ${title} … ${seconds()} s`)
    else if (seconds() % SECONDS_BETWEEN_SIGNS_OF_LIFE === 0) process.stdout.write(`  … ${seconds()} s\n`)
  }, 1000)
  try {
    const result = await work()
    process.stdout.write(isTerminal ? `\r  ${title}: ${seconds()} s   \n` : `  done in ${seconds()} s\n`)
    return result
  } catch (thrown) {
    process.stdout.write(isTerminal ? `\r  ${title}: failed after ${seconds()} s\n` : `  failed after ${seconds()} s\n`)
    throw thrown
  } finally {
    clearInterval(ticker)
  }
}

/**
 * Runs a command to its end without a word; what it said is in the error if it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>} what it wrote to stdout
 */
export function runQuietly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let both = ''
    child.stdout.on('data', chunk => {
      stdout += chunk
      both += chunk
    })
    child.stderr.on('data', chunk => {
      both += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(stdout)
      const end = both.trimEnd().split('\n').slice(-LINES_OF_A_FAILURE).join('\n')
      reject(new CommandFailed([command, ...args].join(' '), signal ?? code ?? 'no status', end))
    })
  })
}
