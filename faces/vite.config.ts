import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// One build, four entries. Addresses are relative: an API may lie under a path, such as its stage's.
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const FACES = ['citizen', 'portal', 'desk', 'transparency']
const API = process.env.API ?? 'http://127.0.0.1:8000'

export default defineConfig({
  root: at('.'),
  base: './',
  plugins: [vue()],
  resolve: { alias: { '@': at('.') } },
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
  build: {
    outDir: process.env.OUT ?? at('dist'),
    emptyOutDir: true,
    target: ['chrome87', 'safari14'], // the web views of phones that are five years old
    assetsInlineLimit: 0, // nothing inline: the pages' policy forbids it
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: Object.fromEntries(FACES.map((face) => [face, at(`${face}/index.html`)])) },
  },
  // `npm run dev` beside `make run`
  server: { proxy: { '/v1': API, '/faces.json': API, '/sign-in': API, '/problems': API, '/openapi.json': API, '/.well-known': API } },
})
