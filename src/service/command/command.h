/* SPDX-License-Identifier: EUPL-1.2 */
/* command: the command line `emc2`. Every command is one entry of one table: what it is called, what it takes, an example, and the
 * function that does it. Results go to standard output, progress and errors to standard error; the exit code is that of spec/errors.csv. */
#pragma once

/* The whole program: returns the exit code. */
int command_main(int argc, char **argv);
