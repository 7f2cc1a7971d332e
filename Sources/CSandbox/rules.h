/* What each kind of process is denied. */
#ifndef RULES_H
#define RULES_H

#include "filter.h"

void add_daemon_rules(struct filter *filter);
void add_spawner_rules(struct filter *filter);
void add_host_rules(struct filter *filter);

#endif
