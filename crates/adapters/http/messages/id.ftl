# Apa yang dikatakan halaman-halaman ini, dalam bahasa Indonesia. Catatannya ada di en.ftl.

language-name = Bahasa Indonesia
language-choice = Bahasa

## Masuk

login-title = Masuk untuk melanjutkan ke { $client }
title-of-mistake = Kesalahan:
login-heading = Masuk
login-lead = untuk melanjutkan ke { $client }
login-username = Nama pengguna
login-password = Kata sandi
login-submit = Masuk
login-failure-cookies-required = Browser Anda tidak mengirim kembali cookie yang diperlukan halaman ini. Izinkan cookie untuk situs ini, lalu coba lagi.
login-failure-expired = Halaman ini terlalu lama terbuka. Silakan masuk lagi.
login-failure-temporarily-unavailable = Saat ini kami tidak dapat memeriksa kata sandi Anda. Silakan coba beberapa saat lagi.
login-failure-too-many-attempts = Terlalu banyak upaya masuk yang gagal.
login-failure-wrong-credentials = Nama pengguna atau kata sandi salah. Periksa keduanya, lalu coba lagi.
wait-a-second = Silakan coba lagi dalam satu detik.
wait-seconds = Silakan coba lagi dalam { $amount } detik.
wait-minutes = Silakan coba lagi dalam { $amount } menit.
reference = Nomor referensi

## Memilih akun

account-title = Pilih akun untuk melanjutkan ke { $client }
account-heading = Pilih akun
account-lead = untuk melanjutkan ke { $client }
account-continue = Lanjutkan sebagai { $person }
account-another = Gunakan akun lain

## Keterangan aplikasi tentang dirinya

self-registered = Aplikasi ini mendaftarkan dirinya sendiri. Kami belum memeriksa siapa pemiliknya.
links-label = Tentang { $client }
link-home = Situs web
link-policy = Kebijakan privasi
link-terms = Persyaratan layanan
link-of = dari { $client } (terbuka di tab baru)

## Persetujuan

consent-title = Izinkan { $client } menggunakan akun Anda?
consent-heading = Izinkan { $client } menggunakan akun Anda?
consent-lead = Masuk sebagai { $person }
consent-compare = Apakah kode ini yang ditampilkan perangkat Anda?
consent-permissions = Aplikasi ini akan dapat
consent-new = Baru
consent-offline = juga setelah Anda keluar, sampai izin ini dicabut
consent-resources = Untuk digunakan dengan { $resources }.
consent-allow = Izinkan
consent-deny = Tolak
consent-destination = Apa pun pilihan Anda, Anda akan diarahkan ke { $host }.
scope-address = Melihat alamat pos Anda
scope-email = Melihat alamat email Anda
scope-offline-access = Tetap memiliki akses ini saat Anda tidak ada
scope-openid = Membantu Anda masuk dan mengenali Anda saat Anda kembali
scope-phone = Melihat nomor telepon Anda
scope-profile = Melihat nama dan informasi profil Anda lainnya

## Menghubungkan perangkat

device-title = Hubungkan perangkat
device-lead = Ketik kode yang ditampilkan perangkat Anda. Lanjutkan hanya jika perangkat itu ada di hadapan Anda.
device-wrong = Tidak ada perangkat yang menampilkan kode ini, atau kodenya sudah tidak berlaku. Lihat lagi perangkat Anda; mungkin kodenya sudah baru.
device-code = Kode
device-submit = Lanjutkan
device-qr-label = Kode QR halaman ini
device-qr-caption = Untuk melanjutkan di ponsel Anda, pindai kode ini dengan kameranya.
device-connected = Perangkat Anda terhubung
device-connected-message = Perangkat akan melanjutkan sendiri dalam beberapa detik. Anda dapat menutup halaman ini.
device-refused = Perangkat Anda tidak terhubung
device-refused-message = Perangkat diberi tahu bahwa Anda menolak. Anda dapat menutup halaman ini.

## Kembali ke aplikasi

back-title = Kembali ke { $host }
back-lead = Jika tidak terjadi apa-apa, tekan tombol ini.
back-submit = Lanjutkan
leaving-title = Permintaan ini tidak dapat diselesaikan
leaving-reason = { $client } meminta sesuatu yang tidak dapat diberikan di sini: { $reason }
leaving-warning = Aplikasi ini mendaftarkan dirinya sendiri, dan kami belum memeriksa siapa pemiliknya. Lanjutkan ke { $host } hanya jika Anda memang datang dari sana.
leaving-submit = Lanjutkan
leaving-link = Lanjutkan ke { $host }

## Keluar

logout-title = Keluar?
logout-asked-by = { $client } meminta agar Anda keluar.
logout-signed-in-as = Anda masuk sebagai { $person }
logout-submit = Keluar
logout-stay = Untuk tetap masuk, tutup halaman ini.
signed-out-title = Sudah keluar
signed-out-heading = Anda sudah keluar
signed-out-going-on = Melanjutkan ke { $host }.
signed-out-message = Aplikasi yang Anda gunakan mungkin perlu waktu sebentar untuk menyadarinya. Anda dapat menutup halaman ini.

## Kesalahan

error-code = Kesalahan
error-docs = Arti kesalahan ini
error-title-code-answered = Kode ini sudah dijawab
error-title-not-completed = Permintaan ini tidak dapat diselesaikan
error-title-out-of-date = Halaman ini sudah kedaluwarsa
error-title-sign-in-expired = Proses masuk ini sudah kedaluwarsa
error-title-try-again = Silakan coba beberapa saat lagi
not-found-title = Tidak ada apa-apa di sini
not-found-message = Periksa alamatnya.

## Mengapa sesuatu tidak dapat dilakukan

reason-access-denied = Akses ditolak.
reason-acr-unmet = Aplikasi meminta cara masuk yang tidak tersedia di sini.
reason-body-too-large = Data yang dikirim melebihi batas yang diterima di sini.
reason-body-too-slow = Data tidak tiba tepat waktu. Silakan coba lagi.
reason-client-unknown = Aplikasi asal Anda tidak dikenal di sini.
reason-code-challenge-method-unsupported = Aplikasi menggunakan metode yang tidak diizinkan untuknya di sini (code_challenge_method).
reason-code-challenge-required = Permintaan aplikasi tidak menyertakan pengaman yang wajib dikirim (code_challenge).
reason-consent-required = Aplikasi memerlukan persetujuan Anda terlebih dahulu.
reason-credentials-invalid = Nama pengguna atau kata sandi salah, atau Anda tidak diizinkan masuk.
reason-device-code-decided = Kode ini sudah kedaluwarsa atau sudah dijawab. Lihat perangkat Anda: perangkat akan melanjutkan sendiri, atau menampilkan kode baru.
reason-grant-type-not-allowed = Aplikasi tidak diizinkan meminta akses dengan cara ini.
reason-internal-failure = Terjadi kesalahan di pihak kami. Jika Anda menghubungi dukungan, sebutkan nomor referensinya.
reason-login-required = Anda harus masuk terlebih dahulu.
reason-logout-client-mismatch = Keterangan aplikasi untuk proses keluar saling bertentangan.
reason-logout-expired = Pertanyaan apakah Anda ingin keluar sudah kedaluwarsa. Silakan keluar lagi.
reason-media-type-unsupported = Data dikirim dalam format yang tidak diterima di sini.
reason-parameter-encoding-invalid = Alamat atau formulir berisi karakter yang tidak dapat dibaca.
reason-parameter-invalid = Ada keterangan dalam permintaan yang tidak diperbolehkan.
reason-parameter-missing = Ada keterangan yang kurang dalam permintaan.
reason-parameter-repeated = Ada keterangan yang dikirim lebih dari satu kali dalam permintaan.
reason-post-logout-redirect-uri-mismatch = Alamat tujuan setelah keluar tidak terdaftar untuk aplikasi ini.
reason-redirect-uri-mismatch = Alamat tempat Anda akan kembali tidak terdaftar untuk aplikasi ini.
reason-registration-unsupported = Aplikasi tidak dapat mendaftarkan diri dengan cara ini.
reason-request-expired = Proses masuk terlalu lama, atau dimulai di browser lain. Kembali ke aplikasi dan mulai lagi.
reason-request-object-invalid = Permintaan bertanda tangan dari aplikasi tidak sah.
reason-request-object-required = Aplikasi harus menandatangani permintaannya.
reason-request-uri-unsupported = Permintaan yang disimpan di alamat lain tidak diambil di sini (request_uri).
reason-resource-invalid = Aplikasi menyebut layanan yang alamatnya tidak sah.
reason-resource-not-allowed = Aplikasi tidak diizinkan mengakses layanan ini.
reason-response-mode-unsupported = Aplikasi meminta jawaban melalui cara yang tidak tersedia di sini (response_mode).
reason-response-type-unsupported = Aplikasi meminta jenis jawaban yang tidak tersedia di sini (response_type).
reason-scope-invalid = Aplikasi meminta izin yang tidak ada atau yang tidak boleh diterimanya.
reason-subject-refused = Akun ini tidak dapat digunakan saat ini.
reason-temporarily-unavailable = Kami tidak dapat menjawab saat ini. Silakan coba beberapa saat lagi.
reason-too-many-attempts = Terlalu banyak kode salah yang diketik di sini. Tunggu beberapa menit, lalu ketik kode yang ditampilkan perangkat.
