// `node --import mutate.ts …` with MUTATION in the environment: a module of the engine is loaded with one change in its text.
import { registerHooks } from 'node:module'

const given = process.env['MUTATION']
if (given !== undefined) {
  const { file, from, to } = Object(JSON.parse(given))
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.endsWith(`/packages/core/src/${file}`)) return loaded
      const text = String(loaded.source)
      if (text.split(from).length !== 2) throw new Error(`${file} does not contain this once: ${from}`)
      return { ...loaded, source: text.replace(from, () => to) }
    },
  })
}
