/** The page at /swagger/: one Swagger UI, and the four services to choose from. */

const links = [...document.querySelectorAll('nav a')]

/** The link of the service that the address names; the first one where it names none. */
const chosen = () => links.find((link) => link.search === location.search) ?? links[0]

let current = null

function mark(link) {
  current = link
  for (const each of links) each.removeAttribute('aria-current')
  link.setAttribute('aria-current', 'page')
  document.title = `${link.textContent} API · Product Store`
}

const first = chosen()
mark(first)
const ui = SwaggerUIBundle({
  dom_id: '#ui',
  url: first.dataset.document,
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // The badge would send the document's address to a server elsewhere.
  validatorUrl: null,
})

/** Another document in the same page, so that who is signed in stays so. */
function show(link) {
  mark(link)
  ui.specActions.updateUrl(link.dataset.document)
  ui.specActions.download(link.dataset.document)
}

for (const link of links) {
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    history.pushState(null, '', link.href)
    show(link)
  })
}
addEventListener('popstate', () => {
  // A step between operations changes only what stands behind the #.
  if (chosen() !== current) show(chosen())
})

const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
