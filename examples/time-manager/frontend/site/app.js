const { apiBaseUrl, version } = window.settings

async function ask(path, options) {
  const response = await fetch(`${apiBaseUrl}${path}`, options)
  return response.json()
}

async function show() {
  const entries = await ask('/entries')
  const items = entries.map(entry => {
    const item = document.createElement('li')
    item.textContent = `${entry.project}: ${entry.minutes} min`
    return item
  })
  document.querySelector('#entries').replaceChildren(...items)
  const backend = await ask('/health')
  document.querySelector('#versions').textContent = `frontend ${version}, backend ${backend.version}`
}

document.querySelector('form').addEventListener('submit', async event => {
  event.preventDefault()
  const form = new FormData(event.target)
  const entry = { project: form.get('project'), minutes: Number(form.get('minutes')) }
  await ask('/entries', { method: 'POST', body: JSON.stringify(entry) })
  event.target.reset()
  await show()
})

void show()
