/** The looks of the site: VitePress's own with the shop's colours, diagrams, and the strip of figures. */
import type { Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme-without-fonts'
import LiveStatus from './LiveStatus.vue'
import './style.css'

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('LiveStatus', LiveStatus)
  },
} satisfies Theme
