import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The server that `npm run dev:web` works with; sign in there first, browsers share cookies between ports. */
const SERVER = process.env['PAWL_URL'] ?? 'http://127.0.0.1:4400'

// oxlint-disable-next-line import/no-default-export -- what Vite reads
export default defineConfig({
  // Elements are made by a runtime of our own, which shows what can't be seen in texts of others.
  plugins: [react({ jsxImportSource: '#jsx' })],
  // The SDK is taken from its source: the dashboard builds from a checkout whose SDK was never built.
  resolve: {
    conditions: ['source', 'module', 'browser', 'development|production'],
    alias: { '#jsx': fileURLToPath(new URL('./jsx', import.meta.url)) },
    extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
  },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Nothing inline: the policy of the page lets in files of its own origin alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      '/graphql': { target: SERVER, ws: true, changeOrigin: true },
      '/sign-in': { target: SERVER },
      '/sign-out': { target: SERVER },
    },
  },
})
