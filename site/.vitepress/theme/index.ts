/** The looks of the site: those of VitePress. */
import DefaultTheme from 'vitepress/theme-without-fonts'

export default DefaultTheme
