/* SPDX-License-Identifier: EUPL-1.2 */
/* mco: the stays. */
#include "intake/snds/snds_internal.h"
bool mco_read(struct run *run, struct error *err)
{
    (void)run;
    (void)err;
    return true;
}
bool outpatient_read(struct run *run, struct error *err)
{
    (void)run;
    (void)err;
    return true;
}
bool registers_read(struct run *run, struct error *err)
{
    (void)run;
    (void)err;
    return true;
}
