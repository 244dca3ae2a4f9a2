import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // The server says where the page's root is: below a proxy it may have a path.
  base: './',
  plugins: [react()],
  build: {
    // The content policy of the server loads nothing but files of its own, so nothing may be
    // inlined as data.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
});
