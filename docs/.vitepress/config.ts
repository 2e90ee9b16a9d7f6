import { renderMermaidSVG } from 'beautiful-mermaid'
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import type { MarkdownOptions } from 'vitepress'
import { defineConfig } from 'vitepress'
import { SIDEBAR } from './sidebar.ts'

/** Where files are shown that are no pages of the documentation. */
const { repository } = JSON.parse(readFileSync('package.json', 'utf8')) as { repository: { url: string } }
const SOURCE = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/main/`

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0]

/** Draws diagrams at build time, with colours that follow those of the page: no page loads anything to draw one. */
function drawDiagrams(markdown: Markdown): void {
  const drawCode = markdown.renderer.rules.fence
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const token = tokens[index]
    if (token?.info.trim() !== 'mermaid') return drawCode?.(tokens, index, ...rest) ?? ''
    const svg = renderMermaidSVG(token.content, {
      bg: 'var(--vp-c-bg)',
      fg: 'var(--vp-c-text-1)',
      transparent: true,
    })
    // its styles name fonts that come from elsewhere; they are in theme/style.css
    return `<figure class="diagram" v-pre>${svg.replace(/<style>[^]*?<\/style>/, '')}</figure>\n`
  }
}

/** Lets pages say `{{input}}` of prompts without the site's own templates taking it for theirs. */
function keepBraces(markdown: Markdown): void {
  for (const rule of ['text', 'code_inline'] as const) {
    const render = markdown.renderer.rules[rule]
    markdown.renderer.rules[rule] = (...given) => render?.(...given).replaceAll('{{', '&#123;&#123;') ?? ''
  }
}

/** Lets links to files outside of this folder lead to the repository. */
function linkSource(markdown: Markdown): void {
  markdown.core.ruler.push('link-source', (state) => {
    const { relativePath } = state.env as { relativePath: string }
    for (const token of state.tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.attrGet('href')
      if (token.type !== 'link_open' || href === null || /^[a-z]+:|^[#/]/.test(href)) continue
      const path = posix.join('docs', posix.dirname(relativePath), href)
      if (!path.startsWith('docs/')) token.attrSet('href', SOURCE + path)
    }
  })
}

// oxlint-disable-next-line import/no-default-export -- what VitePress reads
export default defineConfig({
  title: 'Pawl',
  description:
    'The server that knows whether an agent run is really running, really done, and who may touch it next.',
  base: '/docs/',
  outDir: '../dist/docs',
  cacheDir: '../node_modules/.cache/vitepress',
  cleanUrls: true,
  // the index of the search is one file, which is read when somebody searches
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  rewrites: { 'recipes/README.md': 'recipes/index.md' },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    config(markdown) {
      keepBraces(markdown)
      linkSource(markdown)
      drawDiagrams(markdown)
    },
  },
  themeConfig: {
    outline: [2, 3],
    search: { provider: 'local' },
    sidebar: SIDEBAR,
    nav: [
      { text: 'Quickstart', link: '/quickstart' },
      { text: 'Guarantees', link: '/lifecycle' },
      { text: 'Dashboard', link: '/', target: '_self', rel: 'external' },
    ],
  },
})
