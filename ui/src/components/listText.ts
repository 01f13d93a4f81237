// Texts of the filters of a list.
export const filters = {
  legend: 'Filter the list',
  all: 'All',
  state: 'State',
  kind: 'Kind',
  datasource: 'Datasource',
  none: 'Nothing matches these filters.',
  clear: 'Clear filters',
};
