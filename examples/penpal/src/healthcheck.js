// The container's own healthcheck, which Coolify waits for before it takes the old container away.
import process from 'node:process'
import { readSettings } from './settings.js'

try {
  const response = await fetch(`http://127.0.0.1:${readSettings(process.env).port}/health`)
  console.log(await response.text())
  process.exitCode = response.ok ? 0 : 1
} catch (error) {
  console.log(`no answer: ${error.cause?.message ?? error.message}`)
  process.exitCode = 1
}
