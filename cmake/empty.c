/* SPDX-License-Identifier: EUPL-1.2 */
/* A module that has only headers still needs one translation unit to be a library. */
typedef int emc2_module_without_code;
