import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The server behind `npm run dev:web`. Sign in there first: browsers share cookies between ports. */
const SERVER = process.env['PAWL_URL'] ?? 'http://127.0.0.1:4400'

// oxlint-disable-next-line import/no-default-export -- what Vite reads
export default defineConfig({
  // web/jsx escapes invisible characters in all rendered text.
  plugins: [react({ jsxImportSource: '#jsx' })],
  // The SDK is used from source, so that the dashboard can be built before it.
  resolve: {
    conditions: ['pawl-source', 'module', 'browser', 'development|production'],
    alias: { '#jsx': fileURLToPath(new URL('./jsx', import.meta.url)) },
    extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
  },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // No inlined assets: the page's policy only allows files of its own origin.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The packages in the bundle, with their licenses.
    license: { fileName: 'bundled.json' },
  },
  server: {
    proxy: {
      '/graphql': { target: SERVER, ws: true, changeOrigin: true },
      '/sign-in': { target: SERVER },
      '/sign-out': { target: SERVER },
    },
  },
})
