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

## Faktor kedua dan passkey

login-title-own = Masuk ke akun Anda
login-lead-own = untuk melihat akun Anda
login-failure-passkey-refused = Passkey ini tidak dapat dipakai masuk di sini. Masuklah dengan kata sandi, atau coba passkey lain.
passkey-sign-in = Masuk dengan passkey
passkey-prove = Gunakan passkey
passkey-make = Tambahkan passkey
passkey-name = Nama passkey, misalnya nama perangkatnya
passkey-failure = Passkey tidak digunakan: prosesnya dihentikan atau terlalu lama. Coba lagi.
factor-title = Buktikan bahwa ini Anda
factor-code = Kode
factor-recovery-code = Kode pemulihan
factor-code-hint = Enam angka yang ditampilkan aplikasi autentikator Anda.
factor-recovery-hint = Salah satu kode pemulihan Anda juga bisa dipakai.
factor-submit = Lanjutkan
factor-needs-script = Passkey memerlukan browser yang menjalankan skrip.
factor-failure-too-many-attempts = Terlalu banyak kode yang salah.
factor-failure-wrong = Ini tidak benar atau sudah pernah dipakai. Coba lagi dengan kode berikutnya atau cara lain.
factor-failure-wrong-new = Ini tidak cocok. Periksa apakah jam perangkat Anda tepat, lalu coba lagi.
enrolment-title = Siapkan faktor kedua
enrolment-lead = { $client } meminta lebih dari kata sandi Anda.
enrolment-lead-own = Setelah itu kata sandi saja tidak cukup untuk masuk.
enrolment-app = Dengan aplikasi autentikator
enrolment-qr-label = Kode QR untuk aplikasi autentikator Anda
enrolment-qr-caption = Pindai kode ini dengan aplikasinya.
enrolment-secret = Atau ketikkan kunci ini:
enrolment-link = Buka aplikasi di perangkat ini
enrolment-code = Kode yang sekarang ditampilkan aplikasi
enrolment-submit = Siapkan
enrolment-cancel = Kembali
recovery-title = Kode pemulihan Anda
recovery-lead = Masing-masing dapat dipakai masuk satu kali jika Anda kehilangan faktor kedua.
recovery-message = Catatlah atau simpan bersama kata sandi Anda. Kode ini tidak akan ditampilkan lagi.
recovery-submit = Sudah saya simpan

## Akun saya

my-account-title = Akun saya
my-account-done = Selesai.
my-account-profile = Profil
my-account-save = Simpan
my-account-password = Kata sandi
my-account-current-password = Kata sandi saat ini
my-account-new-password = Kata sandi baru
my-account-password-hint = Sedikitnya { $length } karakter, dan tidak mudah ditebak. Anda akan dikeluarkan dari semua tempat lain.
my-account-change-password = Ubah kata sandi
my-account-factors = Faktor kedua
my-account-factors-some = Kata sandi saja tidak cukup untuk masuk.
my-account-factors-none = Siapa pun yang tahu kata sandi Anda dapat masuk sebagai Anda. Faktor kedua mencegahnya.
my-account-app = Aplikasi autentikator
my-account-is-set-up = sudah disiapkan
my-account-is-not-set-up = belum disiapkan
my-account-set-up = Siapkan
my-account-replace = Ganti
my-account-remove = Hapus
my-account-passkey = Passkey
my-account-added = ditambahkan { $time }
my-account-used = dipakai { $time }
my-account-recovery-codes = Kode pemulihan
my-account-codes-left = sisa: { $count }
my-account-renew = Kode baru
my-account-sessions = Tempat Anda masuk
my-account-unknown-browser = Browser tidak dikenal
my-account-this-session = Yang ini
my-account-signed-in = sejak { $time }
my-account-sign-out = Keluar
my-account-sign-out-others = Keluar dari semua tempat lain
my-account-applications = Aplikasi yang memiliki akses
my-account-no-applications = Tidak ada aplikasi yang memiliki akses ke akun Anda.
my-account-since = sejak { $time }
my-account-grants = Izin: { $count }
my-account-grant = { $since } hingga { $until }
my-account-end = Akhiri
my-account-withdraw = Cabut akses
my-account-failure-claims = Ini tidak dapat disimpan. Periksa apa yang Anda ketik.
my-account-failure-password-common = Kata sandi ini mudah ditebak. Beberapa kata yang tidak berhubungan satu sama lain lebih baik.
my-account-failure-password-too-short = Kata sandi ini terlalu pendek. Diperlukan sedikitnya { $length } karakter.
my-account-failure-password-wrong = Kata sandi saat ini tidak benar.
claim-email = Email
claim-family-name = Nama keluarga
claim-given-name = Nama depan
claim-name = Nama
claim-nickname = Nama panggilan
claim-phone-number = Nomor telepon
claim-website = Situs web

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

## Mencoba permintaan

playground-name = Playground
playground-question = Playground: apa yang ingin Anda coba?
playground-again = Ubah dan kirim lagi
playground-promise = Tidak ada yang Anda ketik yang disimpan di server: semuanya dibawa oleh browser Anda, tersegel khusus untuknya. Permintaannya nyata, begitu pula tokennya.
playground-passes = lulus:
playground-fails = gagal:
playground-known = Client contoh yang cocok:
playground-callback = Redirect URI ini harus terdaftar untuk client, persis seperti ini:
playground-client = Client
playground-client-id = ID client
playground-client-secret = Client secret
playground-client-secret-help = Kosongkan untuk client publik, dan untuk client yang menandatangani dengan kunci privat.
playground-client-secret-kept = Secret { $client } sudah terisi, tersegel dan tidak terlihat. Ketik yang lain untuk mengirim yang itu.
playground-client-secret-missing = Isilah client secret.
playground-client-secret-too-short = Untuk menandatangani dengan HS256, secret harus sepanjang minimal 32 byte (RFC 7518 §3.2).
playground-authentication = Autentikasi
playground-client-secret-basic = Secret dikirim dalam header Authorization.
playground-client-secret-post = Secret dikirim dalam body.
playground-client-secret-jwt = Secret menandatangani sebuah assertion (HS256) yang berlaku untuk satu permintaan. Secret-nya sendiri tidak dikirim.
playground-private-key-jwt = Kunci privat menandatangani sebuah assertion yang berlaku untuk satu permintaan. Kuncinya sendiri tidak dikirim.
playground-no-authentication = Client publik tidak punya secret: ia hanya menyebut ID-nya.
playground-private-key = Kunci privat
playground-private-key-help = Hanya untuk { $method }: JWK, atau PKCS#8 dalam PEM. Kunci ini menandatangani permintaan ini dan tidak disimpan di mana pun, sehingga permintaan berikutnya memerlukannya lagi.
playground-private-key-missing = Tempelkan kunci privat client.
playground-private-key-public = Ini bagian publik, untuk memeriksa tanda tangan. Untuk menandatangani diperlukan kunci privat.
playground-private-key-unreadable = Ini tidak dapat dibaca: bukan JWK dan bukan PKCS#8 dalam PEM, atau angka-angkanya tidak lengkap, terlalu kecil, atau bukan dari satu kunci.
playground-private-key-unsupported = Kunci ini tidak dapat menandatangani di sini. Kunci P-256, Ed25519, dan RSA bisa (2048 sampai 8192 bit), kecuali jika terenkripsi atau ditetapkan untuk keperluan lain.
playground-request = Permintaan
playground-request-help = Yang dibiarkan kosong tidak disertakan.
playground-left-out = (tidak disertakan)
playground-show-secrets = Tampilkan secret dan kata sandi dalam permintaan
playground-go = Lanjutkan ke authorization endpoint
playground-send = Kirim

## Jawaban atas permintaan yang dicoba

playground-sent = Permintaan sebagaimana dikirim
playground-curl = Hal yang sama dengan curl
playground-curl-variables = Simpan dulu secret-nya dalam { $variables }, misalnya dengan { $command }.
playground-curl-encoding = { $variable } harus berisi secret dalam bentuk form-encoded (RFC 6749 §2.3.1): curl tidak melakukannya untuk { $option }.
playground-curl-assertion = Assertion di dalamnya berlaku untuk satu permintaan, dan inilah permintaan itu: permintaan kedua memerlukan yang baru.
playground-answer = Jawabannya
playground-answer-body = Body jawaban
playground-sent-back = dikirim kembali ke redirect URI dengan
playground-jwt = Isi { $jwt }
playground-jwt-header = Header { $jwt }
playground-jwt-claims = Claim { $jwt }
playground-next = Yang dapat dicoba berikutnya
playground-device = Sekarang jadilah penggunanya, lalu kembali ke sini.
playground-device-link = Izinkan perangkat
playground-new-tab = (terbuka di tab baru)
playground-next-poll = Tanyakan apakah pengguna sudah memutuskan
playground-next-userinfo = Tanyakan kepada UserInfo siapa orangnya
playground-next-refresh = Perbarui
playground-next-exchange = Tukarkan access token
playground-next-introspect-access = Periksa access token
playground-next-introspect-refresh = Periksa refresh token
playground-next-revoke-access = Cabut access token
playground-next-revoke-refresh = Cabut refresh token

## Mengapa permintaan tidak dicoba

playground-not-this-browser = Halaman ini tidak dibuat untuk browser ini, atau terlalu lama terbuka. Tidak ada yang dikirim. Silakan isi lagi; browser Anda harus menyimpan cookie.
playground-nobody-waits = Tidak ada permintaan dari browser ini yang menunggu jawaban ini: terlalu lama, sudah dijawab, atau dimulai di browser lain. Silakan mulai lagi.
playground-wrong-answer = Ini bukan jawaban atas permintaan yang dikirim browser ini. Client berhenti di sini: kodenya tidak digunakan.
playground-client-missing = Isilah ID client: paling banyak 255 huruf, angka, dan tanda ASCII.
playground-too-long = Ini melebihi isi cookie tempatnya menunggu jawaban. Silakan perpendek.
playground-no-header = Yang diketik tidak dapat dimuat dalam header: ada karakter yang tidak dapat dibawa header.
playground-no-signature = Tidak ada yang dikirim: tidak ada yang dapat ditandatangani dengan yang diisikan. Lihat bidang yang ditandai.
playground-not-sent = Permintaan tidak dapat dikirim.

## Yang diperiksa client pada jawaban

playground-check-missing = tidak ada
playground-check-this-server = adalah server ini
playground-check-other-server = adalah { $found }, bukan server ini
playground-check-this-client = adalah client ini
playground-check-other-client = adalah { $found }, bukan client ini
playground-check-resources = resource server selain { $audience } harus menolaknya
playground-check-expires = { $seconds } detik lagi
playground-check-expired = sudah lewat
playground-check-type = adalah { $found }
playground-check-other-type = adalah { $found }, bukan { $wanted }
playground-check-as-sent = sama dengan yang dikirim
playground-check-not-as-sent = berbeda dari yang dikirim
playground-check-nonce-missing = tidak ada, padahal dikirim
playground-check-nonce-none = tidak dikirim dalam permintaan ini, dan tidak kembali
playground-check-nonce-unasked = kembali, padahal tidak dikirim
playground-check-hash = adalah hash dari access token
playground-check-other-hash = bukan hash dari access token
playground-check-signature-key = { $algorithm }, sah menurut kunci publik { $key } yang diterbitkan
playground-check-signature-keys = { $algorithm }, sah menurut kunci publik yang diterbitkan
playground-check-signature-client-keys = { $algorithm }, sah menurut kunci client yang terdaftar
playground-check-signature-secret = { $algorithm }, sah menurut client secret
playground-check-no-signature-key = { $algorithm }, tidak sah menurut kunci publik { $key } yang diterbitkan
playground-check-no-signature-keys = { $algorithm }, tidak sah menurut kunci publik yang diterbitkan
playground-check-no-signature-client-keys = { $algorithm }, tidak sah menurut kunci client yang terdaftar
playground-check-no-signature-secret = { $algorithm }, tidak sah menurut client secret
playground-check-signature-unknown = memakai algoritma yang tidak dikenal
playground-check-signature-later = saat ini tidak dapat diperiksa

## Yang dapat dicoba

playground-authorization-code = Authorization code
playground-authorization-code-about = Pengguna masuk di sini dan mengizinkannya, lalu client mendapat kode untuk token. Permintaan kode melewati halaman yang sebenarnya; state, nonce, dan PKCE dibuatkan untuk Anda dan diperiksa.
playground-redeem-code = Tukarkan kode
playground-redeem-code-about = Paruh kedua code flow: client menukarkan kode dengan token, dalam satu menit dan hanya sekali. Apa yang terjadi pada kali kedua juga layak dicoba.
playground-refresh-token = Refresh token
playground-refresh-token-about = Access token baru tanpa pengguna. Kecuali client diatur lain, setiap pembaruan juga memberi refresh token baru, dan yang lama tidak boleh datang lagi.
playground-client-credentials = Client credentials
playground-client-credentials-about = Client mendapat token untuk dirinya sendiri: tanpa pengguna, dan tanpa refresh token.
playground-password = Kata sandi
playground-password-about = Client memegang kata sandi pengguna. Untuk client lama yang diizinkan; yang baru memakai authorization code.
playground-token-exchange = Token exchange
playground-token-exchange-about = Layanan menukar token yang diterimanya dengan token yang dapat diteruskannya: untuk audience lain, dengan scope lebih sempit. Kebijakan client menentukan apa yang boleh ditukar.
playground-device-authorization = Device authorization
playground-device-authorization-about = Perangkat tanpa browser meminta dua kode: satu yang ditampilkannya kepada pengguna, dan satu untuk berulang kali menanyakan apakah pengguna sudah mengizinkannya.
playground-device-code = Device code
playground-device-code-about = Perangkat menanyakan apakah pengguna sudah memutuskan. Lebih cepat dari interval berarti terlalu cepat.
playground-introspection = Introspection
playground-introspection-about = Apakah token ini berlaku, dan untuk apa? Ditanyakan oleh client yang menerimanya, oleh salah satu audience-nya, atau oleh client yang boleh memeriksa semua token.
playground-revocation = Revocation
playground-revocation-about = Client mengembalikan token. Refresh token mengakhiri seluruh grant-nya. Token yang tidak dikenal bukan kesalahan.
playground-userinfo = UserInfo
playground-userinfo-about = Siapa yang masuk, sejauh yang ditentukan scope. Memerlukan access token dengan scope openid.

## Yang dapat diisi

playground-field-access-token = Access token
playground-field-access-token-help = Dikirim dalam header Authorization.
playground-field-actor-token = Actor token
playground-field-actor-token-help = Siapa yang bertindak atas nama subject, jika itu harus tercantum dalam token baru.
playground-field-actor-token-type = Jenis actor token
playground-field-actor-token-type-help = Jenis dari actor token; diperlukan jika ada, dan hanya jika ada.
playground-field-audience = Audience
playground-field-audience-help = Untuk siapa token baru, berdasarkan nama. Beberapa nama dipisahkan spasi.
playground-field-claims = Claims
playground-field-claims-help = Claim satu per satu sebagai JSON, misalnya { "{" }"id_token":{ "{" }"email":null{ "}" }{ "}" }.
playground-field-code = Kode
playground-field-code-help = Yang diberikan authorization endpoint.
playground-field-code-verifier = PKCE verifier
playground-field-code-verifier-help = Bahan pembuat challenge: membuktikan bahwa yang menukarkan kode adalah yang memintanya.
playground-field-device-code = Device code
playground-field-device-code-help = Yang diberikan device authorization endpoint.
playground-field-login-hint = Login hint
playground-field-login-hint-help = Siapa yang akan masuk: mengisi nama di halaman masuk.
playground-field-max-age = Usia maksimum
playground-field-max-age-help = Paling lama berapa detik yang lalu pengguna masuk; jika lebih, pengguna masuk lagi.
playground-field-nonce = Nonce
playground-field-nonce-help = Kembali dalam ID token.
playground-field-password = Kata sandi
playground-field-password-help = Milik pengguna. Tidak disimpan untuk permintaan berikutnya.
playground-field-prompt = Prompt
playground-field-prompt-help = Halaman mana yang harus ditampilkan, atau tidak ada.
playground-field-redirect-uri = Redirect URI
playground-field-redirect-uri-help = Sama dengan yang ada dalam permintaan kode.
playground-field-refresh-token = Refresh token
playground-field-refresh-token-help = Yang terbaru yang diterima client.
playground-field-requested-token-type = Jenis token yang diminta
playground-field-requested-token-type-help = Yang diinginkan; access token jika tidak disertakan.
playground-field-resource = Resource
playground-field-resource-help = Untuk siapa access token, berdasarkan alamat. Beberapa alamat dipisahkan spasi.
playground-field-scope = Scope
playground-field-scope-help = Yang diminta, dipisahkan spasi. Dengan openid ada ID token; dengan offline_access akses bertahan setelah sesi masuk berakhir.
playground-field-scope-narrowed-help = Lebih sempit dari sebelumnya, jika token baru hanya boleh berlaku untuk lebih sedikit.
playground-field-subject-token = Subject token
playground-field-subject-token-help = Token yang ditukar: tentang siapa token yang baru.
playground-field-subject-token-type = Jenis subject token
playground-field-subject-token-type-help = Apa jenis subject token itu.
playground-field-token = Token
playground-field-token-help = Access token atau refresh token.
playground-field-token-type-hint = Petunjuk jenis token
playground-field-token-type-hint-help = Kemungkinan jenisnya. Server mencari tahu sendiri.
playground-field-username = Nama pengguna
playground-field-username-help = Nama pengguna yang akan memiliki token.

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
