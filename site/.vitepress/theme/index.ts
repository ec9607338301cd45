/** The looks of the site: VitePress's own with the shop's colours, diagrams, and the strip of figures. */
import type { Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme-without-fonts'
import LiveStatus from './LiveStatus.vue'
// oxlint-disable-next-line import/no-unassigned-import -- a style has nothing to assign
import './style.css'

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('LiveStatus', LiveStatus)
  },
} satisfies Theme
