import { needlessOf } from '../../../scripts/table-files/database-check';

test.each([
  [["GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*HASH'", 'GRANT SELECT ON `db`.* TO `a`@`%`'], []],
  [['GRANT SELECT, SHOW VIEW ON `db`.`pinterest_data` TO `a`@`%`'], []],
  [['GRANT SELECT (`index`, title) ON `db`.`pinterest_data` TO `a`@`%`'], []],
  [['GRANT REPLICATION SLAVE ON *.* TO `a`@`%`', 'GRANT SELECT ON `db`.* TO `a`@`%`'], []],
  [['GRANT REPLICATION SLAVE, RELOAD ON *.* TO `a`@`%`'], ['RELOAD']],
  [['GRANT SELECT, INSERT, UPDATE (title, category) ON `db`.`t` TO `a`@`%`'], ['INSERT', 'UPDATE']],
  [['GRANT ALL PRIVILEGES ON `db`.* TO `a`@`%`'], ['ALL PRIVILEGES']],
  [['GRANT SELECT ON `db`.* TO `a`@`%` WITH GRANT OPTION'], ['GRANT OPTION']],
  [
    ['GRANT DELETE ON `a`.* TO `a`@`%`', 'GRANT DELETE, CREATE TEMPORARY TABLES ON `b`.* TO `a`@`%`'],
    ['DELETE', 'CREATE TEMPORARY TABLES'],
  ],
  [['GRANT `role` TO `a`@`%`', 'SET DEFAULT ROLE `role` FOR `a`@`%`'], []],
])('beyond reading, %j allows %j', (grants, needless) => {
  expect(needlessOf(grants)).toEqual(needless);
});
