import path from 'node:path'
import { readActionMetadata } from '@deploy-actions/build/action-metadata'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { type Inputs, readInputs, type Skip } from '../src/inputs.ts'

const { inputs: declared } = readActionMetadata(path.join(import.meta.dirname, '..'))

/** What a runner hands on for a step's `with:`, with the defaults of action.yml. */
export function environmentOf(given: Readonly<Record<string, string>>): Record<string, string> {
  const defaults = Object.entries(declared).map(([name, { default: text = '' }]): [string, string] => [
    name,
    text === '${{ github.ref }}' ? 'refs/heads/main' : text,
  ])
  const pairs = Object.entries({ ...Object.fromEntries(defaults), ...given })
  return Object.fromEntries(pairs.map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text]))
}

export function read(given: Readonly<Record<string, string>>): Inputs | Skip {
  return readInputs(new InputReader(environmentOf(given)))
}

/** Inputs that lead somewhere. */
export function inputsOf(given: Readonly<Record<string, string>>): Inputs {
  const inputs = read(given)
  if ('skip' in inputs) throw new Error(`a skip: ${inputs.skip}`)
  return inputs
}
