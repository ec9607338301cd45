/** The words of the site itself in Russian; those of the pages are in docs/ru/. */

export const russian = {
  outline: { label: 'На этой странице' },
  docFooter: { prev: 'Предыдущая', next: 'Следующая' },
  sidebarMenuLabel: 'Меню',
  returnToTopLabel: 'Наверх',
  darkModeSwitchLabel: 'Оформление',
  darkModeSwitchTitle: 'Тёмное оформление',
  lightModeSwitchTitle: 'Светлое оформление',
  langMenuLabel: 'Язык',
  skipToContentLabel: 'К содержанию',
}

export const russianSearch = {
  button: { buttonText: 'Поиск', buttonAriaLabel: 'Поиск' },
  modal: {
    displayDetails: 'Показать подробности',
    resetButtonTitle: 'Очистить',
    backButtonTitle: 'Закрыть поиск',
    noResultsText: 'Ничего не найдено:',
    footer: {
      selectText: 'выбрать',
      selectKeyAriaLabel: 'Enter',
      navigateText: 'перейти',
      navigateUpKeyAriaLabel: 'стрелка вверх',
      navigateDownKeyAriaLabel: 'стрелка вниз',
      closeText: 'закрыть',
      closeKeyAriaLabel: 'Escape',
    },
  },
}
